//! The elements of DrawingML that are written, by namespace.
//!
//! Owns: the list (ECMA-376 Parts 1 and 4, and Microsoft's published extensions). A name that ends in `!` is known and
//! judged on its own by `judge`; any other is written as it is.
//! Leaves to others: everything about attributes, and what becomes of a name that is not listed (`names`).

use super::{Namespace, Space};

pub(super) const DRAWING: [Namespace; 27] = [
    Namespace {
        uri: "http://schemas.openxmlformats.org/drawingml/2006/main",
        space: Space::Drawing,
        elements: "\
            accent1 accent2 accent3 accent4 accent5 accent6 ahLst ahPolar ahXY alpha alphaBiLevel alphaCeiling \
            alphaFloor alphaInv alphaMod alphaModFix alphaOff alphaOutset alphaRepl anchor arcTo audioCd! audioFile! \
            avLst backdrop band1H band1V band2H band2V bevel bevelB bevelT bgClr bgFillStyleLst biLevel bldChart \
            bldDgm blend blip blipFill blue blueMod blueOff blur bodyPr bottom br buAutoNum buBlip buChar buClr \
            buClrTx buFont buFontTx buNone buSzPct buSzPts buSzTx cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr cNvPicPr \
            cNvPr cNvSpPr camera cell3D chExt chOff chart close clrChange clrFrom clrMap clrRepl clrScheme clrTo \
            comp cont contourClr cs cubicBezTo custClr custClrLst custDash custGeom cxn cxnLst cxnSp cxnSpLocks \
            defPPr defRPr dgm dk1 dk2 ds duotone ea effect effectDag effectLst effectRef effectStyle effectStyleLst \
            end endCxn endParaRPr ext extLst extraClrScheme extraClrSchemeLst extrusionClr fgClr fill fillOverlay \
            fillRect fillRef fillStyleLst fillToRect firstCol firstRow flatTx fld fmtScheme folHlink font fontRef \
            fontScheme gamma gd gdLst glow gradFill graphic graphicData! graphicFrame graphicFrameLocks gray grayscl \
            green greenMod greenOff gridCol grpFill grpSp grpSpLocks grpSpPr gs gsLst headEnd highlight hlink \
            hlinkClick! hlinkHover! hlinkMouseOver! hsl hslClr hue hueMod hueOff innerShdw insideH insideV inv \
            invGamma lastCol lastRow latin left lightRig lin ln lnB lnBlToTr lnDef lnL lnR lnRef lnSpc lnStyleLst \
            lnT lnTlToBr lnTo lstStyle lt1 lt2 lum lumMod lumOff lvl1pPr lvl2pPr lvl3pPr lvl4pPr lvl5pPr lvl6pPr \
            lvl7pPr lvl8pPr lvl9pPr majorFont masterClrMapping minorFont miter moveTo neCell noAutofit noFill norm \
            normAutofit nvCxnSpPr nvGraphicFramePr nvGrpSpPr nvPicPr nvSpPr nwCell objectDefaults off outerShdw \
            overrideClrMapping p pPr path pathLst pattFill pic picLocks pos prstClr prstDash prstGeom prstShdw \
            prstTxWarp pt quadBezTo quickTimeFile! r rPr rect red redMod redOff reflection relOff right rot round \
            rtl sat satMod satOff scene3d schemeClr scrgbClr seCell shade snd! softEdge solidFill sp sp3d spAutoFit \
            spDef spLocks spPr spcAft spcBef spcPct spcPts srcRect srgbClr st stCxn stretch style swCell sx sy sym \
            sysClr t tab tabLst tableStyle tableStyleId tailEnd tbl tblBg tblGrid tblPr tblStyle tblStyleLst tc \
            tcBdr tcPr tcStyle tcTxStyle theme themeElements themeManager themeOverride tile tileRect tint tl2br top \
            tr tr2bl txBody txDef txSp uFill uFillTx uLn uLnTx up useSpRect videoFile! wavAudioFile! wholeTbl xfrm",
    },
    Namespace {
        uri: "http://schemas.openxmlformats.org/drawingml/2006/picture",
        space: Space::Other,
        elements: "blipFill cNvPicPr cNvPr nvPicPr pic spPr",
    },
    Namespace {
        uri: "http://schemas.openxmlformats.org/drawingml/2006/lockedCanvas",
        space: Space::Other,
        elements: "lockedCanvas",
    },
    Namespace {
        uri: "http://schemas.openxmlformats.org/drawingml/2006/compatibility",
        space: Space::Other,
        elements: "legacyDrawing",
    },
    Namespace {
        uri: "http://schemas.openxmlformats.org/drawingml/2006/diagram",
        space: Space::Other,
        elements: "\
            adj adjLst alg animLvl animOne bg bulletEnabled cat catLst chMax chPref choose clrData colorsDef \
            colorsDefHdr colorsDefHdrLst constr constrLst cxn cxnLst dataModel desc dir effectClrLst else ext extLst \
            fillClrLst forEach hierBranch if layoutDef layoutDefHdr layoutDefHdrLst layoutNode linClrLst orgChart \
            param prSet presLayoutVars presOf pt ptLst relIds resizeHandles rule ruleLst sampData scene3d shape sp3d \
            spPr style styleData styleDef styleDefHdr styleDefHdrLst styleLbl t title txEffectClrLst txFillClrLst \
            txLinClrLst txPr varLst whole",
    },
    Namespace {
        uri: "http://schemas.openxmlformats.org/drawingml/2006/chartDrawing",
        space: Space::Other,
        elements: "\
            absSizeAnchor blipFill cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr cNvPicPr cNvPr cNvSpPr cxnSp ext from \
            graphicFrame grpSp grpSpPr nvCxnSpPr nvGraphicFramePr nvGrpSpPr nvPicPr nvSpPr pic relSizeAnchor sp spPr \
            style to txBody x xfrm y",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2008/diagram",
        space: Space::DrawingMore,
        elements: "\
            cNvGrpSpPr cNvPr cNvSpPr dataModelExt drawing extLst grpSp grpSpPr nvGrpSpPr nvSpPr sp spPr spTree style \
            txBody txXfrm",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2010/main",
        space: Space::DrawingMore,
        elements: "\
            artisticBlur artisticCement artisticChalkSketch artisticCrisscrossEtching artisticCutout \
            artisticFilmGrain artisticGlass artisticGlowDiffused artisticGlowEdges artisticLightScreen \
            artisticLineDrawing artisticMarker artisticMosiaicBubbles artisticPaintBrush artisticPaintStrokes \
            artisticPastelsSmooth artisticPencilGrayscale artisticPencilSketch artisticPhotocopy artisticPlasticWrap \
            artisticTexturizer artisticWatercolorSponge backgroundMark backgroundRemoval brightnessContrast \
            cNvContentPartPr cNvPr cameraTool colorTemperature compatExt! contentPart! cpLocks extLst foregroundMark \
            hiddenEffects hiddenFill hiddenLine hiddenScene3d hiddenSp3d imgEffect imgLayer imgProps! isCanvas m \
            nvContentPartPr saturation shadowObscured sharpenSoften useLocalDpi xfrm",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2010/compatibility",
        space: Space::DrawingMore,
        elements: "compatSp",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2010/diagram",
        space: Space::DrawingMore,
        elements: "cNvPr recolorImg",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2010/picture",
        space: Space::DrawingMore,
        elements: "extLst style",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2010/slicer",
        space: Space::DrawingMore,
        elements: "extLst slicer",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2010/chartDrawing",
        space: Space::DrawingMore,
        elements: "cNvContentPartPr cNvPr contentPart! extLst nvContentPartPr nvPr xfrm",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2012/main",
        space: Space::DrawingMore,
        elements: "backgroundPr nonVisualGroupProps objectPr signatureLine",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2012/timeslicer",
        space: Space::DrawingMore,
        elements: "extLst timeslicer",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2014/main",
        space: Space::DrawingMore,
        elements: "colId creationId cxnDERefs predDERef rowId",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2016/11/main",
        space: Space::DrawingMore,
        elements: "picAttrSrcUrl",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2016/11/diagram",
        space: Space::DrawingMore,
        elements: "autoBuNodeInfo autoBuNodeInfoLst buPr",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2016/12/diagram",
        space: Space::DrawingMore,
        elements: "lstStyle spPr",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2016/SVG/main",
        space: Space::DrawingMore,
        elements: "svgBlip",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2017/decorative",
        space: Space::DrawingMore,
        elements: "decorative",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2018/animation",
        space: Space::DrawingMore,
        elements: "animPr extLst",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2018/hyperlinkcolor",
        space: Space::DrawingMore,
        elements: "hlinkClr",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2018/sketchyshapes",
        space: Space::DrawingMore,
        elements: "\
            extLst lineSketchCurved lineSketchFreehand lineSketchNone lineSketchScribble lineSketchStyleProps seed \
            type",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2020/classificationShape",
        space: Space::DrawingMore,
        elements: "classification",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/thememl/2012/main",
        space: Space::Other,
        elements: "extLst themeFamily themeVariant themeVariantLst",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/2019/extlst",
        space: Space::Other,
        elements: "ext",
    },
];
