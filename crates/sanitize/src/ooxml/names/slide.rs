//! The elements of PowerPoint that are written, by namespace.
//!
//! Owns: the list (ECMA-376 Parts 1 and 4, and Microsoft's published extensions). A name that ends in `!` is known and
//! judged on its own by `judge`; any other is written as it is.
//! Leaves to others: everything about attributes, and what becomes of a name that is not listed (`names`).

use super::{Namespace, Space};

pub(super) const SLIDE: [Namespace; 12] = [
    Namespace {
        uri: "http://schemas.openxmlformats.org/presentationml/2006/main",
        space: Space::Slide,
        elements: "\
            anim animClr animEffect animMotion animRot animScale attrName attrNameLst audio! bg bgPr bgRef bldAsOne \
            bldDgm bldGraphic bldLst bldOleChart bldP bldSub blinds blipFill bodyStyle bold boldItalic boolVal \
            browse by cBhvr cMediaNode cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr cNvPicPr cNvPr cNvSpPr cSld \
            cSldViewPr cTn cViewPr charRg checker childTnLst circle clrMap clrMapOvr clrMru clrVal cm cmAuthor \
            cmAuthorLst cmLst cmd! comb cond contentPart! control! controls! cover custData custDataLst! custShow \
            custShowLst cut cxnSp defaultTextStyle diamond dissolve embed embeddedFont embeddedFontLst! endCondLst \
            endSnd endSync excl ext extLst fade fltVal font from graphicEl graphicFrame! gridSpacing grpSp grpSpPr \
            guide guideLst handoutMaster handoutMasterId handoutMasterIdLst hf hsl htmlPubPr! inkTgt intVal italic \
            iterate kinsoku kiosk link modifyVerifier newsflash nextCondLst normalViewPr notes notesMaster \
            notesMasterId notesMasterIdLst notesStyle notesSz notesTextViewPr notesViewPr nvCxnSpPr nvGraphicFramePr \
            nvGrpSpPr nvPicPr nvPr nvSpPr oleChartEl oleObj! origin otherStyle outlineViewPr pRg par penClr ph \
            photoAlbum pic! plus pos present presentation presentationPr prevCondLst prnPr progress pull push rCtr \
            random randomBar regular restoredLeft restoredTop rgb rtn scale seq set showPr sld sldAll sldId sldIdLst \
            sldLayout sldLayoutId sldLayoutIdLst sldLst sldMaster sldMasterId sldMasterIdLst sldRg sldSyncPr sldSz \
            sldTgt slideViewPr snd! sndAc! sndTgt sorterViewPr sp spPr spTgt spTree! split stCondLst stSnd strVal \
            strips style subSp subTnLst tag tagLst tags tav tavLst text tgtEl timing! titleStyle tmAbs tmPct tmpl \
            tmplLst tn tnLst to transition! txBody txEl txStyles val video! viewPr webPr! wedge wheel wipe xfrm zoom",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/powerpoint/2010/main",
        space: Space::SlideMore,
        elements: "\
            bmk bmkLst bmkTgt browseMode cNvContentPartPr cNvPr conveyor creationId defaultImageDpi \
            discardImageEditData doors extLst fade ferris flash flip flythrough gallery glitter honeycomb laserClr \
            laserTraceLst media! modId nullEvt nvContentPartPr nvPr pan pauseEvt playEvt prism resumeEvt reveal \
            ripple section sectionLst sectionPr seekEvt showEvtLst showMediaCtrls shred sldId sldIdLst stopEvt \
            switch tracePt tracePtLst triggerEvt trim vortex warp wheelReverse window xfrm",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/powerpoint/2012/main",
        space: Space::SlideMore,
        elements: "\
            chartTrackingRefBased clr extLst guide notesGuideLst parentCm presenceInfo prstTrans sldGuideLst \
            threadingInfo",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/powerpoint/2015/main",
        space: Space::SlideMore,
        elements: "designElem",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/powerpoint/2015/10/main",
        space: Space::SlideMore,
        elements: "client revInfo revLst",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/powerpoint/2017/10/main",
        space: Space::SlideMore,
        elements: "readonlyRecommended",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/powerpoint/2017/3/main",
        space: Space::SlideMore,
        elements: "track trackLst tracksInfo",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/powerpoint/2018/4/main",
        space: Space::SlideMore,
        elements: "classification",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/powerpoint/2018/8/main",
        space: Space::SlideMore,
        elements: "author authorLst cm cmLst commentRel extLst pos reply replyLst txBody unknownAnchor",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/powerpoint/2019/12/main",
        space: Space::SlideMore,
        elements: "\
            add anchr asgn atrbtn comment date event extLst history pcntCmplt pri taskHistoryDetails title unAsgn \
            unasgnAll undo unknown",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/powerpoint/2020/02/main",
        space: Space::SlideMore,
        elements: "designPr designTag designTagLst extLst",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/powerpoint/2022/03/main",
        space: Space::SlideMore,
        elements: "extLst instance reactions rxn",
    },
];
