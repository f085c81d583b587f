//! The control words of RTF 1.9 that stay, and what the others are.
//!
//! Owns: the tables. A control word that is not in them is not written.
//! Leaves to others: what is done with a group (`mod`).

use std::collections::HashSet;
use std::sync::LazyLock;

use worker_protocol::Threat;

/// Whether a control word is one that only says how something looks or what it is.
pub(super) fn is_kept(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| KEPT.split_whitespace().collect());
    WORDS.contains(word)
}

/// Groups and words that go, each with what it is; nothing inside for what is not worth a word.
pub(super) fn dropped(word: &str) -> Option<Option<Threat>> {
    let threat = match word {
        "objdata" | "objclass" | "objname" | "objtime" | "objalias" | "objsect" | "oleclsid" => {
            Threat::EmbeddedObject
        }
        "template" | "linkstyles" => Threat::ExternalTemplate,
        "filetbl" | "file" | "fid" | "subdocument" | "nextfile" => Threat::ExternalContent,
        "datastore" | "docvar" | "datafield" | "private" => Threat::HiddenData,
        "generator" | "author" | "operator" | "manager" | "company" | "creatim" | "revtim" | "printim"
        | "buptim" | "comment" | "rsidtbl" | "rsidroot" | "insrsid" | "charrsid" | "delrsid" | "pararsid"
        | "sectrsid" | "tblrsid" | "styrsid" | "protusertbl" | "edmins" | "version" | "vern" | "nofpages"
        | "nofwords" | "nofchars" | "nofcharsws" | "id" | "windowcaption" => Threat::Metadata,
        "mailmerge" => Threat::DataConnection,
        "themedata" | "colorschememapping" | "latentstyles" | "fontemb" | "fontfile" | "passwordhash"
        | "passwd" | "writereservation" | "writereservhash" | "wgrffmtfilter" => Threat::AuxiliaryPart,
        "ffentrymcr" | "ffexitmcr" => Threat::MacroVba,
        "hl" | "hlinkbase" => Threat::Hyperlink,
        "blipuid" | "bliptag" | "blipupi" | "urtf" => return Some(None),
        _ => return None,
    };
    Some(Some(threat))
}

/// Words among the dropped ones that stand alone instead of opening a group.
pub(super) fn is_flag(word: &str) -> bool {
    word.ends_with("rsid")
        || matches!(
            word,
            "linkstyles"
                | "subdocument"
                | "edmins"
                | "version"
                | "vern"
                | "nofpages"
                | "nofwords"
                | "nofchars"
                | "nofcharsws"
                | "id"
                | "bliptag"
                | "blipupi"
                | "urtf"
                | "rsidroot"
                | "private"
        )
}

/// Words that may stand in the instruction of a field: looks of characters, and the field inside.
pub(super) fn is_look(word: &str) -> bool {
    matches!(
        word,
        "ab" | "af"
            | "afs"
            | "ai"
            | "alang"
            | "b"
            | "caps"
            | "cb"
            | "cf"
            | "charscalex"
            | "cs"
            | "dbch"
            | "expnd"
            | "expndtw"
            | "f"
            | "field"
            | "flddirty"
            | "fldedit"
            | "fldlock"
            | "fs"
            | "hich"
            | "highlight"
            | "i"
            | "kerning"
            | "lang"
            | "langfe"
            | "langfenp"
            | "langnp"
            | "loch"
            | "ltrch"
            | "noproof"
            | "nosupersub"
            | "outl"
            | "plain"
            | "rtlch"
            | "scaps"
            | "shad"
            | "strike"
            | "sub"
            | "super"
            | "tab"
            | "u"
            | "uc"
            | "ul"
            | "uld"
            | "uldb"
            | "ulnone"
            | "ulw"
            | "up"
            | "dn"
            | "v"
            | "webhidden"
            | "fcs"
            | "cgrid"
            | "emdash"
            | "endash"
            | "lquote"
            | "rquote"
            | "ldblquote"
            | "rdblquote"
    )
}

/// Groups whose text is not text of the document.
pub(super) fn is_aside(word: &str) -> bool {
    matches!(
        word,
        "fonttbl"
            | "colortbl"
            | "stylesheet"
            | "info"
            | "pict"
            | "fldinst"
            | "sn"
            | "sv"
            | "sp"
            | "nonshppict"
            | "xe"
            | "tc"
            | "tcn"
            | "rxe"
            | "txe"
            | "revtbl"
            | "listtable"
            | "listoverridetable"
            | "object"
            | "atnid"
            | "atnauthor"
            | "formfield"
            | "bkmkstart"
            | "bkmkend"
            | "leveltext"
            | "levelnumbers"
            | "pntxta"
            | "pntxtb"
    )
}

const KEPT: &str = "\
     ApplyBrkRules ab absh abslock absnoovrlp absw acaps acccircle acccomma accdot accnone accunderdot acf ad \
     additive adeff adeflang adjus adjustright adn aenddoc aendnotes aexpnd af afelev affixed afs aftnbj \
     aftncn aftnnalc aftnnar aftnnauc aftnnchi aftnnchosung aftnncnum aftnndbar aftnndbnum aftnndbnumd \
     aftnndbnumk aftnndbnumt aftnnganada aftnngbnum aftnngbnumd aftnngbnumk aftnngbnuml aftnnrlc aftnnruc \
     aftnnzodiac aftnnzodiacd aftnnzodiacl aftnrestart aftnrstcont aftnsep aftnsepc aftnstart aftntj ai al \
     alang allowfieldendsel allprot alntblind alt animtext annotation annotprot ansi ansicpg aoutl ar ascaps \
     ashad asianbrkrule aspalpha aspnum astrike atnauthor atndate atnicn atnid atnparent atnref atntime \
     atrfend atrfstart au aul auld auldb aulnone aulw aup b background bdbfhdr bdrrlswsix bgbdiag bgcross \
     bgdcross bgdkbdiag bgdkcross bgdkdcross bgdkfdiag bgdkhoriz bgdkvert bgfdiag bghoriz bgvert binfsxn \
     binsxn bkmkcolf bkmkcoll bkmkend bkmkpub bkmkstart blue bookfold bookfoldrev bookfoldsheets box br brd \
     brdr brdrart brdrb brdrbar brdrbtw brdrc brdrcf brdrdash brdrdashd brdrdashdd brdrdashdot brdrdashdotdot \
     brdrdashdotstr brdrdashsm brdrdb brdrdot brdremboss brdrengrave brdrframe brdrhair brdrinset brdrl \
     brdrnil brdrnone brdroutset brdrr brdrs brdrsh brdrt brdrtbl brdrth brdrthtnlg brdrthtnmg brdrthtnsg \
     brdrtnthlg brdrtnthmg brdrtnthsg brdrtnthtnlg brdrtnthtnmg brdrtnthtnsg brdrtriple brdrw brdrwavy \
     brdrwavydb brdth brkfrm brsp bullet bxe caccentfive caccentfour caccentone caccentsix caccentthree \
     caccenttwo cachedcolbal caps category cb cbackgroundone cbackgroundtwo cbpat cchs cell cellx cf \
     cfollowedhyperlink cfpat cgrid charscalex chatn chbgbdiag chbgcross chbgdcross chbgdkbdiag chbgdkcross \
     chbgdkdcross chbgdkfdiag chbgdkhoriz chbgdkvert chbgfdiag chbghoriz chbgvert chbrdr chcbpat chcfpat \
     chdate chdpa chdpl chftn chftnsep chftnsepc chhres chpgn chshdng chtime chyperlink cl clFitText clNoWrap \
     clbgbdiag clbgcross clbgdcross clbgdkbdiag clbgdkcross clbgdkdcross clbgdkfdiag clbgdkhor clbgdkvert \
     clbgfdiag clbghoriz clbgvert clbrdrb clbrdrl clbrdrr clbrdrt clcbp clcbpat clcbpatraw clcfpat clcfpatraw \
     cldel cldelauth cldeldttm cldgll cldglu clfts clftsWidth clhidemark clins clinsauth clinsdttm clmgf \
     clmrg clmrgd clmrgdauth clmrgddttm clmrgdr clpadb clpadfb clpadfl clpadfr clpadft clpadl clpadr clpadt \
     clshdng clshdngraw clshdrawnil clspb clspfb clspfl clspfr clspft clspl clsplit clsplitr clspr clspt \
     cltxbtlr cltxlrtb cltxlrtbv cltxtbrl cltxtbrlv clvertalb clvertalc clvertalt clvmgf clvmrg clw clwWidth \
     clwWidthB cmaindarkone cmaindarktwo cmainlightone cmainlighttwo collapsed colno colortbl cols colsr \
     colsx column colw contextualspace cpg crauth crdate cs cshade ctextone ctexttwo ctint ctrl cts cufi culi \
     curi cvmme date dbch defchp deff defformat deflang deflangfe defpap defshp deftab deleted dfrauth \
     dfrdate dfrmtxtx dfrmtxty dfrstart dfrstop dfrxst dghorigin dghshow dghspace dgmargin dgsnap dgvorigin \
     dgvshow dgvspace dibitmap dn dntblnsbdb do dobxcolumn dobxmargin dobxpage dobymargin dobypage dobypara \
     doccomm doctype dodhgt dolock donotembedlingdata donotembedsysfont donotshowcomments donotshowinsdel \
     donotshowmarkup donotshowprops dpaendhol dpaendl dpaendsol dpaendw dparc dparcflipx dparcflipy \
     dpastarthol dpastartl dpastartsol dpastartw dpcallout dpcoa dpcoaccent dpcobestfit dpcoborder dpcodabs \
     dpcodbottom dpcodcenter dpcodescent dpcodtop dpcolength dpcominusx dpcominusy dpcooffset dpcosmarta \
     dpcotdouble dpcotright dpcotsingle dpcottriple dpcount dpellipse dpendgroup dpfillbgcb dpfillbgcg \
     dpfillbgcr dpfillbggray dpfillbgpal dpfillfgcb dpfillfgcg dpfillfgcr dpfillfggray dpfillfgpal dpfillpat \
     dpgroup dpline dplinecob dplinecog dplinecor dplinedado dplinedadodo dplinedash dplinedot dplinegray \
     dplinehollow dplinepal dplinesolid dplinew dppolycount dppolygon dppolyline dpptx dppty dprect dproundr \
     dpshadow dpshadx dpshady dptxbtlr dptxbx dptxbxmar dptxbxtext dptxlrtb dptxlrtbv dptxtbrl dptxtbrlv dpx \
     dpxsize dpy dpysize dropcapli dropcapt ds dxfrt dxfrtest dxfrtext dy ebcend ebcstart embo emdash emfblip \
     emspace endash enddoc endnhere endnotes enspace expnd expndtw expshrtn f faauto facenter facingp fafixed \
     fahang falt faroman favar fbias fbidi fbimajor fbiminor fchars fcharset fcs fdbmajor fdbminor fdecor \
     felnbrelev ffdefres ffdeftext ffformat ffhaslistbox ffhelptext ffhps ffl ffmaxlen ffname ffownhelp \
     ffownstat ffprot ffrecalc ffres ffsize ffstattext fftype fftypetxt fhimajor fhiminor fet fi field fittext \
     fjgothic fjminchou fldalt flddirty fldedit fldinst fldlock fldpriv fldrslt fldtype flomajor flominor \
     fmodern fn fname fnil fonttbl footer footerf footerl footerr footers footery footnote formdisp formfield \
     formprot formshade fprq fracwidth frmtxbtlr frmtxlrtb frmtxlrtbv frmtxtbrl frmtxtbrlv froman fromtext fs \
     fscript fswiss ftech ftnalt ftnbj ftncn ftnil ftnlytwnine ftnnalc ftnnar ftnnauc ftnnchi ftnnchosung \
     ftnncnum ftnndbar ftnndbnum ftnndbnumd ftnndbnumk ftnndbnumt ftnnganada ftnngbnum ftnngbnumd ftnngbnumk \
     ftnngbnuml ftnnrlc ftnnruc ftnnzodiac ftnnzodiacd ftnnzodiacl ftnrestart ftnrstcont ftnrstpg ftnsep \
     ftnsepc ftnstart ftntj fttruetype gcw green gridtbl gutter gutterprl guttersxn header headerf headerl \
     headerr headery hich highlight horzdoc horzsect horzvert hr hres htmautsp hwelev hyphauto hyphcaps \
     hyphconsec hyphhotz hyphpar i ignoremixedcontent ilfomacatclnup ilvl impr indmirror indrlsweleven info \
     intbl ipgp irow irowband itap ixe jclisttab jcompress jexpand jis jpegblip jsksu jsku keep keepn kerning \
     keycode keywords krnprsnet ksulang laangfe landscape lang langfe langfenp langnp lastrow lbr lchars \
     ldblquote level levelfollow levelindent leveljc leveljcn levellegal levelnfc levelnfcn levelnorestart \
     levelnumbers levelold levelpicture levelprev levelprevspace levelspace levelstartat leveltemplateid \
     leveltext lfolevel li lin line linebetcol linecont linemod lineppage linerestart linestart linestarts \
     linex lisa lisb list listhybrid listid listlevel listname listoverride listoverridecount \
     listoverrideformat listoverridestart listoverridestartat listoverridetable listpicture listrestarthdn \
     listsimple liststyleid liststylename listtable listtemplateid listtext lnbrkrule lndscpsxn lnongrid loch \
     lquote ls ltrch ltrdoc ltrmark ltrpar ltrrow ltrsect lvltentative lytcalctblwd lytexcttp lytprtmet \
     lyttblrtgr mac macc maccPr macpict makebackup maln malnScr margPr margSz margb margbsxn margl marglsxn \
     margmirror margmirsxn margr margrsxn margt margtsxn mbar mbarPr mbaseJc mbegChr mborderBox mborderBoxPr \
     mbox mboxPr mbrk mbrkBin mbrkBinSub mcGp mcGpRule mcSp mchr mcount mcr mctrlPr md mdPr mdefJc mdeg \
     mdegHide mden mdiff mdispDef me mendChr meqArr meqArrPr mf mfName mfPr mfunc mfuncPr mgroupChr \
     mgroupChrPr mgrow mhideBot mhideLeft mhideRight mhideTop min mintLim mlMargin mlim mlimLoc mlimLow \
     mlimLowPr mlimUpp mlimUppPr mlit mm mmPr mmath mmathFont mmathPict mmathPr mmaxDist mmc mmcJc mmcPr mmcs \
     mmr mnary mnaryLim mnaryPr mnoBreak mnor mnum mo moMath moMathPara moMathParaPr mobjDist mopEmu mphant \
     mphantPr mplcHide mpos mr mrMargin mrPr mrSp mrSpRule mrad mradPr msPre msPrePr msSub msSubPr msSubSup \
     msSubSupPr msSup msSupPr mscr msepChr mshow mshp msmallFrac msmcap mstrikeBLTR mstrikeH mstrikeTLBR \
     mstrikeV msty msub msubHide msup msupHide mtransp mtype mvauth mvdate mvertJc mvf mvfmf mvfml mvt mvtof \
     mvtol mwrapIndent mzeroAsc mzeroDesc mzeroWid nest nestcell nestrow nesttableprops newtblstyruls \
     noafcnsttbl nobrkwrptbl nocolbal nocompatoptions nocwrap nocxsptable noextrasprl nofeaturethrottle \
     nogrowautofit noindnmbrts nolead noline nolnhtadjtbl nonesttables nonshppict nooverflow noproof \
     noqfpromote nosectexpand nosnaplinegrid nospaceforul nosupersub notabind notbrkcnstfrctbl notcvasp \
     notvatxbx nouicompat noultrlspc nowidctlpar nowrap nowwrap noxlattoyen oldas oldcprops oldlinewrap \
     oldpprops oldsprops oldtprops otblrul outl outlinelevel overlay pCar pa page pagebb panose paperh paperw \
     par pard pc pca pgbrdrb pgbrdrfoot pgbrdrhead pgbrdrl pgbrdropt pgbrdrr pgbrdrsnap pgbrdrt pgdsc pgdscno \
     pgdscnxt pgdsctbl pgdscuse pghsxn pgnbidia pgnbidib pgnchosung pgncnum pgncont pgndbnum pgndbnumd \
     pgndbnumk pgndbnumt pgndec pgndecd pgnganada pgngbnum pgngbnumd pgngbnumk pgngbnuml pgnhindia pgnhindib \
     pgnhindic pgnhindid pgnhn pgnhnsc pgnhnsh pgnhnsm pgnhnsn pgnhnsp pgnid pgnlcltr pgnlcrm pgnrestart \
     pgnstart pgnstarts pgnthaia pgnthaib pgnthaic pgnucltr pgnucrm pgnvieta pgnx pgny pgnzodiac pgnzodiacd \
     pgnzodiacl pgp pgptbl pgwsxn phcol phmrg phnthaia phpg picbmp picbpp piccropb piccropl piccropr piccropt \
     pich pichgoal picprop picscaled picscalex picscaley pict picw picwgoal pla plain pmmetafile pn pnacross \
     pnaiu pnaiud pnaiueo pnaiueod pnb pnbidia pnbidib pncaps pncard pncf pnchosung pncnum pndbnum pndbnumd \
     pndbnumk pndbnuml pndbnumt pndec pndecd pnf pnfs pnganada pngblip pngbnum pngbnumd pngbnumk pngbnuml \
     pnhang pni pnindent pniroha pnirohad pnlcltr pnlcrm pnlvl pnlvlblt pnlvlbody pnlvlcont pnnumonce pnord \
     pnordt pnprev pnqc pnql pnqr pnrauth pnrdate pnrestart pnrnfc pnrnot pnrpnbr pnrrgb pnrstart pnrstop \
     pnrxst pnscaps pnseclvl pnsp pnstart pnstrike pntext pntxta pntxtb pnucltr pnucrm pnul pnuld pnuldash \
     pnuldashd pnuldashdd pnuldb pnulhair pnulnone pnulth pnulw pnulwave pnzodiac pnzodiacd pnzodiacl po \
     posnegx posnegy posrelh posx posxc posxi posxl posxo posxr posy posyb posyc posyil posyin posyout posyt \
     prcolbl printdata psover psz pubauto pvmrg pvpara pvpg pwd pxe qc qd qj qk ql qmspace qr qt rawbgdkbdiag \
     rawclbgbdiag rawclbgcross rawclbgdcross rawclbgdkbdiag rawclbgdkcross rawclbgdkdcross rawclbgdkfdiag \
     rawclbgdkhor rawclbgdkvert rawclbgfdiag rawclbghoriz rawclbgvert rdblquote red revauth revauthdel revbar \
     revdttm revdttmdel revised revisions revprop revprot revtbl ri rin row rquote rtlch rtldoc rtlgutter \
     rtlmark rtlpar rtlrow rtlsect rxe s sa saauto saftnnalc saftnnar saftnnauc saftnnchi saftnnchosung \
     saftnncnum saftnndbar saftnndbnum saftnndbnumd saftnndbnumk saftnndbnumt saftnnganada saftnngbnum \
     saftnngbnumd saftnngbnumk saftnngbnuml saftnnrlc saftnnruc saftnnzodiac saftnnzodiacd saftnnzodiacl \
     saftnrestart saftnrstcont saftnstart sautoupd sb sbasedon sbauto sbk sbkcol sbkeven sbknone sbkodd \
     sbkpage sbys scaps scompose sec sect sectd sectdefaultcl sectexpand sectlinegrid sectnum sectspecifycl \
     sectspecifygen sectspecifyl sectunlocked sftnbj sftnnalc sftnnar sftnnauc sftnnchi sftnnchosung \
     sftnncnum sftnndbar sftnndbnum sftnndbnumd sftnndbnumk sftnndbnumt sftnnganada sftnngbnum sftnngbnumd \
     sftnngbnumk sftnngbnuml sftnnrlc sftnnruc sftnnzodiac sftnnzodiacd sftnnzodiacl sftnrestart sftnrstcont \
     sftnrstpg sftnstart sftntj shad shading shidden shift showplaceholdtext shp shpbottom shpbxcolumn \
     shpbxignore shpbxmargin shpbxpage shpbxpara shpbyignore shpbymargin shpbypage shpbypara shpfblwtxt \
     shpfhdr shpgrp shpinst shpleft shplid shplockanchor shppict shpright shprslt shptop shptxt shpwr shpwrk \
     shpz sl slink slmult slocked sn snaptogridincell snext softcol softlheight softline softpage sp \
     spersonal spltpgpar splytwnine spp spriority sprsbsp sprslnsp sprsspbf sprstsm sprstsp spv sqformat \
     sreply sscharaux ssemihidden sste stextflow strike striked stshfbi stshfdbch stshfhich stshfloch \
     stylesheet sub subfontbysize subject sunhideused super sv swpbdr tab tabsnoovrlp taprtl tb tblind \
     tblindtype tbllkbestfit tbllkborder tbllkcolor tbllkfont tbllkhdrcols tbllkhdrrows tbllklastcol \
     tbllklastrow tbllknocolband tbllkshading tc tcelld tcf tcl tcn tdfrmtxt tdfrmtxtBottom tdfrmtxtLeft \
     tdfrmtxtRight tdfrmtxtTop themelang themelangcs themelangfe time title titlepg tldot tleq tlhyph tlmdot \
     tlth tlul toplinepunct tphcol tphmrg tphpg tposnegx tposnegy tposx tposxc tposxi tposxl tposxo tposxr \
     tposy tposyb tposyc tposyil tposyin tposyout tposyoutv tposyt tpvmrg tpvpara tpvpg tqc tqdec tqr tr \
     trackformatting trackmoves transmf trauth trautof trautofit trbgbdiag trbgcross trbgdcross trbgdkbdiag \
     trbgdkcross trbgdkdcross trbgdkfdiag trbgdkhor trbgdkvert trbgfdiag trbghoriz trbgvert trbr trbrdrb \
     trbrdrh trbrdrl trbrdrr trbrdrt trbrdrv trcbpat trcfpat trdate trfts trftsWidth trftsWidthA trftsWidthB \
     trgaph trhdr trkeep trleft trowd trpaddb trpaddf trpaddfb trpaddfl trpaddfr trpaddft trpaddl trpaddr \
     trpaddt trpat trqc trql trqr trrh trs trshdng trspd trspdb trspdfb trspdfl trspdfr trspdft trspdl trspdr \
     trspdt truncatefont truncatefontheight truncex trw trwWidth trwWidthA trwWidthB ts tsbgbdiag tsbgcross \
     tsbgdcross tsbgdkbdiag tsbgdkcross tsbgdkdcross tsbgdkfdiag tsbgdkhor tsbgdkvert tsbgfdiag tsbghoriz \
     tsbgvert tsbrdrb tsbrdrdgl tsbrdrdgr tsbrdrh tsbrdrl tsbrdrr tsbrdrt tsbrdrv tscbandhorzeven \
     tscbandhorzodd tscbandsh tscbandsv tscbandverteven tscbandvertodd tscellcbpat tscellcfpat tscellpaddb \
     tscellpaddfb tscellpaddfl tscellpaddfr tscellpaddft tscellpaddl tscellpaddr tscellpaddt tscellpct \
     tscellwidth tscellwidthfts tscfirstcol tscfirstrow tsclastcol tsclastrow tscnecell tscnwcell tscsecell \
     tscswcell tsd tsnowrap tsrowd tsvertalb tsvertalc tsvertalt twoinone twoonone tx txe ucl ud ul ulc uld \
     uldash uldashd uldashdd uldb ulhair ulhwave ulldash ulnone ulth ulthd ulthdash ulthdashd ulthdashdd \
     ulthldash ululdbwave ulw ulwave up upr useltbaln usenormstyforlist usexform utinl v vertalb vertalc \
     vertalj vertalt vertdoc vertsect viewkind viewnobound viewscale viewzk wbitmap wbmbitspixel wbmplanes \
     wbmwidthb wbmwidthbytes webhidden widctl widctlpar widoctrl widowctrl wmetafile wpeqn wpjst wpsp wptab \
     wrapdefault wraptrsp wrppunct xe xef yr yts yxe zwbo zwj zwnbo zwnj ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_both_kept_and_dropped() {
        for word in KEPT.split_whitespace() {
            assert_eq!(dropped(word), None, "{word}");
        }
        for word in
            ["object", "objemb", "objupdate", "bin", "u", "uc", "rtf", "htmltag", "xmlopen", "userprops"]
        {
            assert!(!is_kept(word), "{word}");
        }
        assert!(is_kept("pard") && is_kept("trowd") && is_kept("fldinst") && is_kept("b"));
    }
}
