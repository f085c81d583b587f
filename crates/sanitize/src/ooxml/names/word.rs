//! The elements of Word and of VML that are written, by namespace.
//!
//! Owns: the list (ECMA-376 Parts 1 and 4, and Microsoft's published extensions). A name that ends in `!` is known and
//! judged on its own by `judge`; any other is written as it is.
//! Leaves to others: everything about attributes, and what becomes of a name that is not listed (`names`).

use super::{Namespace, Space};

pub(super) const WORD: [Namespace; 21] = [
    Namespace {
        uri: "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        space: Space::Word,
        elements: "\
            abstractNum abstractNumId active activeRecord activeWritingStyle addressFieldName \
            adjustLineHeightInTable adjustRightInd alias aliases alignBordersAndEdges alignTablesRowByRow allowPNG \
            allowSpaceOfSameStyleInTable altChunk! altChunkPr altName alwaysMergeEmptyNamespace \
            alwaysShowPlaceholderText annotationRef applyBreakingRules attachedSchema! attachedTemplate! attr \
            autoCaption autoCaptions autoFormatOverride autoHyphenation autoRedefine autoSpaceDE autoSpaceDN \
            autoSpaceLikeWord95 autofitToFirstFixedWidthCell b bCs background balanceSingleByteDoubleByteWidth bar \
            basedOn bdo bdr behavior behaviors between bibliography bidi bidiVisual blockQuote body bodyDiv \
            bookFoldPrinting bookFoldPrintingSheets bookFoldRevPrinting bookmarkEnd bookmarkStart \
            bordersDoNotSurroundFooter bordersDoNotSurroundHeader bottom br cachedColBalance calcOnExit calendar \
            cantSplit caps caption captions category cellDel cellIns cellMerge characterSpacingControl charset \
            checkBox checkErrors checked citation clickAndTypeStyle clrSchemeMapping cnfStyle col colDelim color \
            cols column comboBox comment commentRangeEnd! commentRangeStart! commentReference! comments compat \
            compatSetting connectString consecutiveHyphenLimit contentPart contextualSpacing continuationSeparator \
            control! convMailMergeEsc cr cs customXml! customXmlDelRangeEnd customXmlDelRangeStart \
            customXmlInsRangeEnd customXmlInsRangeStart customXmlMoveFromRangeEnd customXmlMoveFromRangeStart \
            customXmlMoveToRangeEnd customXmlMoveToRangeStart customXmlPr! dataBinding! dataSource dataType date \
            dateFormat dayLong dayShort ddList decimalSymbol default defaultTabStop defaultTableStyle del \
            delInstrText delText description destination dir dirty displayBackgroundShape displayHangulFixedWidth \
            displayHorizontalDrawingGridEvery displayVerticalDrawingGridEvery div divBdr divId divs divsChild \
            doNotAutoCompressPictures doNotAutofitConstrainedTables doNotBreakConstrainedForcedTable \
            doNotBreakWrappedTables doNotDemarcateInvalidXml doNotDisplayPageBoundaries doNotEmbedSmartTags \
            doNotExpandShiftReturn doNotHyphenateCaps doNotIncludeSubdocsInStats doNotLeaveBackslashAlone \
            doNotOrganizeInFolder doNotRelyOnCSS doNotSaveAsSingleFile doNotShadeFormData doNotSnapToGridInCell \
            doNotSuppressBlankLines doNotSuppressIndentation doNotSuppressParagraphBorders doNotTrackFormatting \
            doNotTrackMoves doNotUseEastAsianBreakRules doNotUseHTMLParagraphAutoSpacing \
            doNotUseIndentAsNumberingTabStop doNotUseLongFileNames doNotUseMarginsForDrawingGridOrigin \
            doNotValidateAgainstSchema doNotVertAlignCellWithSp doNotVertAlignInTxbx doNotWrapTextWithPunct \
            docDefaults docGrid docPart docPartBody docPartCategory docPartGallery docPartList docPartObj docPartPr \
            docPartUnique docParts docVars! document documentProtection documentType drawing \
            drawingGridHorizontalOrigin drawingGridHorizontalSpacing drawingGridVerticalOrigin \
            drawingGridVerticalSpacing dropDownList dstrike dynamicAddress eastAsianLayout effect em embedBold! \
            embedBoldItalic! embedItalic! embedRegular! embedSystemFonts embedTrueTypeFonts emboss enabled encoding \
            end endnote endnotePr endnoteRef endnoteReference endnotes entryMacro! equation evenAndOddHeaders \
            exitMacro! fHdr family ffData! fieldMapData fitText flatBorders fldChar fldData fldSimple! font fonts \
            footerReference footnote footnoteLayoutLikeWW8 footnotePr footnoteRef footnoteReference footnotes \
            forceUpgrade forgetLastTabAlignment formProt format formsDesign frame frameLayout framePr frameset! \
            framesetSplitbar ftr gallery glossaryDocument gridAfter gridBefore gridCol gridSpan group growAutofit \
            guid gutterAtTop hMerge hdr hdrShapeDefaults headerReference headerSource helpText hidden \
            hideGrammaticalErrors hideMark hideSpellingErrors highlight hps hpsBaseText hpsRaise hyperlink! \
            hyphenationZone i iCs id ignoreMixedContent ilvl imprint ind ins insideH insideV instrText isLgl jc \
            keepLines keepNext kern kinsoku lang lastRenderedPageBreak latentStyles layoutRawTableWidth \
            layoutTableRowsApart left legacy lid lineWrapLikeWord6 link linkStyles! linkToQuery linkedToFile \
            listEntry listItem listSeparator lnNumType lock locked lsdException lvl lvlJc lvlOverride lvlPicBulletId \
            lvlRestart lvlText mailAsAttachment mailMerge! mailSubject mainDocumentType mappedName marBottom marH \
            marLeft marRight marTop marW matchSrc maxLength mirrorIndents mirrorMargins monthLong monthShort \
            moveFrom moveFromRangeEnd moveFromRangeStart moveTo moveToRangeEnd moveToRangeStart movie! \
            multiLevelType mwSmallCaps name next noBorder noBreakHyphen noColumnBalance noEndnote noExtraLineSpacing \
            noLeading noLineBreaksAfter noLineBreaksBefore noProof noPunctuationKerning noResizeAllowed \
            noSpaceRaiseLower noTabHangInd noWrap notTrueType nsid num numFmt numId numIdMacAtCleanup numPicBullet \
            numPr numRestart numStart numStyleLink numbering numberingChange oMath object objectEmbed! objectLink! \
            odso optimizeForBrowser outline outlineLvl overflowPunct p pBdr pPr pPrChange pPrDefault pStyle \
            pageBreakBefore panose1 paperSrc permEnd permStart personal personalCompose personalReply pgBorders \
            pgMar pgNum pgNumType pgSz pict picture pitch pixelsPerInch placeholder pos position \
            printBodyTextBeforeHeader printColBlack printFormsData printFractionalCharacterWidth \
            printPostScriptOverText printTwoOnOne proofErr proofState ptab qFormat query r rFonts rPr rPrChange \
            rPrDefault rStyle readModeInkLockDown recipientData recipients relyOnVML removeDateAndTime \
            removePersonalInformation result revisionView richText right rsid rsidRoot rsids rt rtl rtlGutter ruby \
            rubyAlign rubyBase rubyPr saveFormsData saveInvalidXml savePreviewPicture saveSubsetFonts \
            saveThroughXslt! saveXmlDataOnly scrollbar sdt! sdtContent sdtEndPr sdtPr sectPr! sectPrChange \
            selectFldWithFirstOrLastChar semiHidden separator settings shadow shapeDefaults shapeLayoutLikeWW8 shd \
            showBreaksInFrames showEnvelope showXMLTags showingPlcHdr sig size sizeAuto smallCaps smartTag! \
            smartTagPr! smartTagType! snapToGrid softHyphen sourceFileName spaceForUL spacing spacingInWholePoints \
            specVanish splitPgBreakAndParaMark src start startOverride statusText storeMappedDataAs \
            strictFirstAndLastChars strike style styleLink styleLockQFSet styleLockTheme stylePaneFormatFilter \
            stylePaneSortMethod styles subDoc! subFontBySize suff summaryLength suppressAutoHyphens \
            suppressBottomSpacing suppressLineNumbers suppressOverlap suppressSpBfAfterPgBrk \
            suppressSpacingAtTopOfPage suppressTopSpacing suppressTopSpacingWP swapBordersFacingPages sym sz szCs t \
            tab table tabs tag targetScreenSz tbl tblBorders tblCaption tblCellMar tblCellSpacing tblDescription \
            tblGrid tblGridChange tblHeader tblInd tblLayout tblLook tblOverlap tblPr tblPrChange tblPrEx \
            tblPrExChange tblStyle tblStyleColBandSize tblStylePr tblStyleRowBandSize tblW tblpPr tc tcBorders \
            tcFitText tcMar tcPr tcPrChange tcW temporary text textAlignment textDirection textInput \
            textboxTightWrap themeFontLang titlePg tl2br tmpl top topLinePunct tr tr2bl trHeight trPr trPrChange \
            trackRevisions truncateFontHeightsLikeWP6 txbxContent type types u udl uiCompat97To2003 uiPriority \
            ulTrailSpace underlineTabInNumList unhideWhenUsed uniqueTag updateFields! useAltKinsokuLineBreakRules \
            useAnsiKerningPairs useFELayout useNormalStyleForList usePrinterMetrics \
            useSingleBorderforContiguousCells useWord2002TableStyleRules useWord97LineBreakRules useXSLTWhenSaving \
            vAlign vMerge vanish vertAlign view viewMergedData w wAfter wBefore webHidden webSettings widowControl \
            wordWrap wpJustification wpSpaceWidth wrapTrailSpaces writeProtection yearLong yearShort zoom",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/word/2006/wordml",
        space: Space::WordMore,
        elements: "\
            acdEntry acdManifest acds! active docEvents! eventDocBuildingBlockAfterInsert eventDocClose \
            eventDocContentControlAfterInsert eventDocContentControlBeforeDelete eventDocContentControlContentUpdate \
            eventDocContentControlOnEnter eventDocContentControlOnExit eventDocNew eventDocOpen eventDocStoreUpdate \
            eventDocSync eventDocXmlAfterInsert eventDocXmlBeforeDelete hash keymap keymaps! keymapsBad! macro mcds! \
            recipientData recipients tcg toolbars! vbaSuppData! wch",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/word/2010/wordml",
        space: Space::WordMore,
        elements: "\
            alpha bevel bevelB bevelT cNvContentPartPr cNvPr camera checkbox checked checkedState cntxtAlts \
            conflictDel conflictIns conflictMode contentPart contourClr customXmlConflictDelRangeEnd \
            customXmlConflictDelRangeStart customXmlConflictInsRangeEnd customXmlConflictInsRangeStart \
            defaultImageDpi discardImageEditingData docId entityPicker extLst extrusionClr fillToRect glow gradFill \
            gs gsLst hueMod ligatures lightRig lin lum lumMod lumOff miter noFill numForm numSpacing nvContentPartPr \
            path props3d prstDash reflection rot round sat satMod satOff scene3d schemeClr shade shadow solidFill \
            srgbClr styleSet stylisticSets textFill textOutline tint uncheckedState xfrm",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/word/2012/wordml",
        space: Space::WordMore,
        elements: "\
            appearance chartTrackingRefBased collapsed color commentEx commentsEx dataBinding! \
            doNotAllowInsertDeleteSection docId footnoteColumns people person presenceInfo repeatingSection \
            repeatingSectionItem sectionTitle webExtensionCreated webExtensionLinked",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/word/2015/wordml/symex",
        space: Space::WordMore,
        elements: "symEx",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/word/2016/wordml/cid",
        space: Space::WordMore,
        elements: "commentId commentsIds",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/word/2018/wordml",
        space: Space::WordMore,
        elements: "ext",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/word/2018/wordml/cex",
        space: Space::WordMore,
        elements: "commentExtensible commentsExtensible extLst",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas",
        space: Space::Other,
        elements: "bg extLst graphicFrame whole wpc",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/word/2010/wordprocessingDrawing",
        space: Space::Other,
        elements: "pctHeight pctPosHOffset pctPosVOffset pctWidth sizeRelH sizeRelV",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
        space: Space::Other,
        elements: "cNvFrPr cNvGrpSpPr cNvPr extLst graphicFrame grpSp grpSpPr wgp xfrm",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        space: Space::Other,
        elements: "bodyPr cNvCnPr cNvPr cNvSpPr extLst linkedTxbx spPr style txbx wsp",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/word/2012/wordprocessingDrawing",
        space: Space::Other,
        elements: "webVideoPr",
    },
    Namespace {
        uri: "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        space: Space::Other,
        elements: "\
            align anchor cNvGraphicFramePr docPr effectExtent extent inline lineTo posOffset positionH positionV \
            simplePos start wrapNone wrapPolygon wrapSquare wrapThrough wrapTight wrapTopAndBottom",
    },
    Namespace {
        uri: "http://schemas.openxmlformats.org/officeDocument/2006/math",
        space: Space::Other,
        elements: "\
            acc accPr aln alnScr argPr argSz bar barPr baseJc begChr borderBox borderBoxPr box boxPr brk brkBin \
            brkBinSub cGp cGpRule cSp chr count ctrlPr d dPr defJc deg degHide den diff dispDef e endChr eqArr \
            eqArrPr f fName fPr func funcPr groupChr groupChrPr grow hideBot hideLeft hideRight hideTop intLim \
            interSp intraSp jc lMargin lim limLoc limLow limLowPr limUpp limUppPr lit m mPr mathFont mathPr maxDist \
            mc mcJc mcPr mcs mr nary naryLim naryPr noBreak nor num oMath oMathPara oMathParaPr objDist opEmu phant \
            phantPr plcHide pos postSp preSp r rMargin rPr rSp rSpRule rad radPr sPre sPrePr sSub sSubPr sSubSup \
            sSubSupPr sSup sSupPr scr sepChr show shp smallFrac strikeBLTR strikeH strikeTLBR strikeV sty sub \
            subHide sup supHide t transp type vertJc wrapIndent wrapRight zeroAsc zeroDesc zeroWid",
    },
    Namespace {
        uri: "http://schemas.openxmlformats.org/officeDocument/2006/bibliography",
        space: Space::Other,
        elements: "\
            AbbreviatedCaseNumber AlbumTitle Artist Author BookAuthor BookTitle BroadcastTitle Broadcaster \
            CaseNumber ChapterNumber City Comments Compiler Composer Conductor ConferenceName Corporate Counsel \
            CountryRegion Court Day DayAccessed Department Director Distributor Edition Editor First Guid \
            Institution InternetSiteTitle Interviewee Interviewer Inventor Issue JournalName LCID Last Medium Middle \
            Month MonthAccessed NameList NumberVolumes Pages PatentNumber Performer PeriodicalTitle Person \
            ProducerName ProductionCompany PublicationTitle Publisher RecordingNumber RefOrder Reporter ShortTitle \
            Source SourceType Sources StandardNumber StateProvince Station Tag Theater ThesisType Title Translator \
            Type URL Version Volume Writer Year YearAccessed",
    },
    Namespace {
        uri: "urn:schemas-microsoft-com:vml",
        space: Space::Vml,
        elements: "\
            arc background curve f fill formulas group h handles image imagedata line oval path polyline rect \
            roundrect shadow shape! shapetype stroke textbox textpath wrap",
    },
    Namespace {
        uri: "urn:schemas-microsoft-com:office:office",
        space: Space::Office,
        elements: "\
            FieldCodes LinkType LockedField OLEObject! bottom callout clippath colormenu colormru column complex \
            diagram entry extrusion fill idmap ink! left lock proxy r regrouptable rel relationtable right rules \
            shapedefaults shapelayout signatureline! skew top",
    },
    Namespace {
        uri: "urn:schemas-microsoft-com:office:word",
        space: Space::VmlHost,
        elements: "anchorlock borderbottom borderleft borderright bordertop wrap",
    },
    Namespace {
        uri: "urn:schemas-microsoft-com:office:excel",
        space: Space::VmlHost,
        elements: "\
            Accel Accel2 Anchor AutoFill AutoLine AutoPict AutoScale CF Camera Cancel Checked ClientData ColHidden \
            Colored Column DDE Default DefaultSize Disabled Dismiss DropLines DropStyle Dx FirstButton FmlaGroup! \
            FmlaLink! FmlaMacro! FmlaPict! FmlaRange! FmlaTxbx! Help Horiz Inc JustLastX LCT ListItem LockText \
            Locked MapOCX Max Min MoveWithCells MultiLine MultiSel NoThreeD NoThreeD2 Page PrintObject RecalcAlways \
            Row RowHidden ScriptExtended! ScriptLanguage! ScriptLocation! ScriptText! SecretEdit Sel SelType \
            SizeWithCells TextHAlign TextVAlign UIObj VScroll VTEdit Val ValidIds Visible WidthMin",
    },
    Namespace {
        uri: "urn:schemas-microsoft-com:office:powerpoint",
        space: Space::VmlHost,
        elements: "iscomment textdata",
    },
];

/// Attributes of VML's elements.
pub(super) const VML_ATTRIBUTES: &str = "\
    adj alignshape alt angle arcsize arrowok aspect bilevel blacklevel chromakey class color color2 colors \
    control1 control2 coordorigin coordsize cropbottom cropleft cropright croptop dashstyle editas \
    embosscolor endangle endarrow endarrowlength endarrowwidth endcap eqn equationxml fill fillcolor filled \
    fillok filltype fitpath fitshape focus focusposition focussize from gain gamma gradientshapeok grayscale \
    href id imagealignshape imageaspect imagesize inset insetpen insetpenok invx invy joinstyle limo \
    linestyle map matrix method miterlimit obscured offset offset2 on oned opacity origin path points polar \
    position print radiusrange recolor recolortarget rotate shadowok size spid src startangle startarrow \
    startarrowlength startarrowwidth string strokecolor stroked strokeok strokeweight style switch target \
    textboxrect textpathok title to trim type v weight wrapcoords xrange xscale yrange";
