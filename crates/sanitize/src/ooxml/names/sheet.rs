//! The elements of Excel that are written, by namespace.
//!
//! Owns: the list (ECMA-376 Parts 1 and 4, and Microsoft's published extensions). A name that ends in `!` is known and
//! judged on its own by `judge`; any other is written as it is.
//! Leaves to others: everything about attributes, and what becomes of a name that is not listed (`names`).

use super::{Namespace, Space};

pub(super) const SHEET: [Namespace; 21] = [
    Namespace {
        uri: "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        space: Space::Sheet,
        elements: "\
            alignment anchor author authors autoFilter autoSortScope b bgColor bk bookViews border borders bottom \
            brk c cacheField cacheFields cacheHierarchies cacheHierarchy cacheSource calcChain calcPr \
            calculatedColumnFormula! calculatedItem calculatedItems calculatedMember calculatedMembers cell \
            cellMetadata cellStyle cellStyleXfs cellStyles cellWatch cellWatches cellXfs cfRule cfvo charset \
            chartFormat chartFormats chartsheet col colBreaks colFields colHierarchiesUsage colHierarchyUsage \
            colItems color colorFilter colorScale colors cols comment commentList commentPr comments condense \
            conditionalFormat conditionalFormats conditionalFormatting consolidation control controlPr controls \
            customFilter customFilters customPr customProperties! customSheetView customSheetViews \
            customWorkbookView customWorkbookViews d dataBar dataConsolidate dataField dataFields dataRef dataRefs \
            dataValidation dataValidations dateGroupItem dbPr! definedName! definedNames diagonal dimension \
            dimensions discretePr drawing drawingHF dxf dxfs dynamicFilter e end entries evenFooter evenHeader ext \
            extLst extend externalReferences! f! family fgColor field fieldGroup fieldUsage fieldsUsage \
            fileRecoveryPr fileSharing fileVersion fill fills filter filterColumn filters firstFooter firstHeader \
            font fonts format formats formula! formula1! formula2! from functionGroups! futureMetadata gradientFill \
            group groupItems groupLevel groupLevels groupMember groupMembers groups headerFooter horizontal \
            hyperlink hyperlinks! i iconFilter iconSet ignoredError ignoredErrors indexedColors inputCells is item \
            items k kpi kpis left legacyDrawing legacyDrawingHF location m main map maps mdx mdxMetadata \
            measureGroup measureGroups member members mergeCell mergeCells metadata metadataStrings metadataType \
            metadataTypes mp mpMap mps mruColors ms n name nc ndxf numFmt numFmts objectPr oc oddFooter oddHeader \
            odxf olapPr! oldFormula oleObjects! oleSize outline outlinePr p page pageField pageFields pageItem \
            pageMargins pageSetUpPr pageSetup pages pane patternFill phoneticPr picture pivotArea pivotAreas \
            pivotCache pivotCacheDefinition pivotCacheRecords pivotCaches pivotField pivotFields pivotHierarchies \
            pivotHierarchy pivotSelection pivotTableDefinition pivotTableStyleInfo printOptions protectedRange \
            protectedRanges protection query queryCache r rFont rPh rPr raf rangePr rangeSet rangeSets rc rcc rcft \
            rcmt rcv rdn reference references reviewed reviewedList rfmt rgbColor right ris rm row rowBreaks \
            rowFields rowHierarchiesUsage rowHierarchyUsage rowItems rqt rrc rsnm s scenario scenarios scheme \
            selection serverFormat serverFormats set sets shadow sharedItems sheet sheetCalcPr sheetData \
            sheetFormatPr sheetId sheetIdMap sheetName sheetPr sheetProtection sheetView sheetViews sheets si \
            sortByTuple sortCondition sortState sst start stop strike styleSheet sz t tabColor table tableColumn \
            tableColumns tablePart tableParts tableStyle tableStyleElement tableStyleInfo tableStyles tables text \
            textField textFields textPr! to top top10 totalsRowFormula! tpl tpls tupleCache u undo v val value \
            valueMetadata values vertAlign vertical webPr! webPublishItems! webPublishObjects! webPublishing! \
            workbook workbookPr workbookProtection workbookView worksheet worksheetSource x xf xmlCellPr \
            xmlColumnPr! xmlPr",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/excel/2006/main",
        space: Space::SheetMore,
        elements: "col colSortMap f! macrosheet row rowSortMap sqref worksheetSortMap",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main",
        space: Space::SheetMore,
        elements: "\
            argumentDescription argumentDescriptions axisColor borderColor cacheField cacheHierarchy \
            calculatedMember calculatedMembers cfIcon cfRule cfvo color colorAxis colorFirst colorHigh colorLast \
            colorLow colorMarkers colorNegative colorScale colorSeries conditionalFormat conditionalFormats \
            conditionalFormatting conditionalFormattings connection! customFilter customFilters data dataBar \
            dataField dataValidation dataValidations datastoreItem definedName definedNames dxf dxfs editValue \
            extLst fillColor filter formControlPr formula1 formula2 header headers i iconFilter iconSet id \
            ignoredError ignoredErrors item itemLst items level levels negativeBorderColor negativeFillColor olap \
            oleItem p pivotArea pivotAreas pivotCacheDefinition pivotCaches pivotChange pivotChanges pivotEdit \
            pivotEdits pivotField pivotHierarchy pivotTable pivotTableDefinition pivotTables protectedRange \
            protectedRanges range ranges row rowItem rows selection selections setLevel setLevels slicer slicerCache \
            slicerCacheDefinition slicerCaches slicerList slicerStyle slicerStyleElement slicerStyleElements \
            slicerStyles slicers sortCondition sourceConnection! sparkline sparklineGroup sparklineGroups sparklines \
            table tabular tupleItem tupleItems tupleSet userEdit values workbookPr",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac",
        space: Space::SheetMore,
        elements: "absPath",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2010/11/main",
        space: Space::SheetMore,
        elements: "\
            activeTabTopLevelEntity autoFilter bounds c cacheHierarchy cachedUniqueName cachedUniqueNames \
            calculatedMember connection! dataFeedPr! dataField dataModel! descriptionPr dxfs extLst modelTextPr! \
            movingPeriodState oledbPr! pivotCacheDecoupled pivotCacheIdVersion pivotCaches pivotFilter pivotRow \
            pivotTable pivotTableData pivotTableReference pivotTableReferences pivotTableServerFormats \
            pivotTableUISettings pivotTables queryTable question questionPr questions questionsPr rangePr! selection \
            serverFormat slicerCacheHideItemsWithNoData slicerCacheOlapLevelName slicerCachePivotTables slicerCaches \
            state survey surveyPr tableSlicerCache textPr timeline timelineCacheDefinition timelineCachePivotCaches \
            timelineCacheRef timelineCacheRefs timelinePivotCacheDefinition timelineRef timelineRefs timelineStyle \
            timelineStyleElement timelineStyleElements timelineStyles timelines titlePr v webExtension webExtensions \
            workbookPr x",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2011/1/ac",
        space: Space::SheetMore,
        elements: "list",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2014/11/main",
        space: Space::SheetMore,
        elements: "calculatedTimeColumn modelTimeGrouping modelTimeGroupings",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2014/revision",
        space: Space::SheetMore,
        elements: "\
            autoFilter body c ccse comments dataValidation dxf extLst f! formula freezePanes future hdr \
            hideUnhideSheet hyperlink is link oartAnchor objectState outline outlines pivotTableDefinition ref \
            refmap revHdrs revStream revisionPtr rowColVisualOps sheetUid showGridlinesHeadings sparklineGroup test \
            v xrrDefName xrrList xrrListExpR xrrSheet xrrTrim xrrUspt xrrc xrrco xrrdo xrrf xrrftr xrrg xrrm xrrrc \
            xrrtest",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2016/pivotdefaultlayout",
        space: Space::SheetMore,
        elements: "pivotTableDefinition16",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2017/dynamicarray",
        space: Space::SheetMore,
        elements: "dynamicArrayProperties extLst",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2018/calcfeatures",
        space: Space::SheetMore,
        elements: "calcFeatures feature",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments",
        space: Space::SheetMore,
        elements: "ThreadedComments extLst mention mentions person personList text threadedComment",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2019/namedsheetviews",
        space: Space::SheetMore,
        elements: "\
            columnFilter dxf extLst filter namedSheetView namedSheetViews nsvFilter richSortCondition sortCondition \
            sortRule sortRules",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2020/pivotNov2020",
        space: Space::SheetMore,
        elements: "dataFieldFutureData ignorableAfterVersion implicitMeasureSupport",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2020/threadedcomments2",
        space: Space::SheetMore,
        elements: "checksum extLst hyperlink",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2022/featurepropertybag",
        space: Space::SheetMore,
        elements: "\
            DXFComplement FeaturePropertyBags a b bag bagExt bagId columnBodyRevDxf columnHeaderRevDxf \
            columnTotalsRevDxf d dataRevDxf dxf extLst fpbs headerRowBorderRevDxf headerRowRevDxf i rel revdxf s \
            tableBorderRevDxf totalsRowBorderRevDxf totalsRowRevDxf xfComplement",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2022/pivotVersionInfo",
        space: Space::SheetMore,
        elements: "cacheVersionInfo lastRefreshFeature lastUpdateFeature pivotVersionInfo requiredFeature",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/spreadsheetml/2023/pivot2023Calculation",
        space: Space::SheetMore,
        elements: "\
            aggregationInfo featureSupportInfo pivotAreaReferenceSubtotals pivotFieldSubtotalLineItems \
            pivotFieldSubtotals subtotal subtotalLineItem",
    },
    Namespace {
        uri: "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
        space: Space::SheetDrawing,
        elements: "\
            absoluteAnchor blipFill cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr cNvPicPr cNvPr cNvSpPr clientData col \
            colOff contentPart! cxnSp ext from graphicFrame grpSp grpSpPr nvCxnSpPr nvGraphicFramePr nvGrpSpPr \
            nvPicPr nvSpPr oneCellAnchor pic pos row rowOff sp spPr style to twoCellAnchor txBody wsDr xfrm",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/excel/2010/spreadsheetDrawing",
        space: Space::Other,
        elements: "cNvContentPartPr cNvPr contentPart! extLst nvContentPartPr nvPr xfrm",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/mac/excel/2008/main",
        space: Space::SheetMore,
        elements: "ArchID PLV",
    },
];
