//! The elements of charts that are written, by namespace.
//!
//! Owns: the list (ECMA-376 Parts 1 and 4, and Microsoft's published extensions). A name that ends in `!` is known and
//! judged on its own by `judge`; any other is written as it is.
//! Leaves to others: everything about attributes, and what becomes of a name that is not listed (`names`).

use super::{Namespace, Space};

pub(super) const CHART: [Namespace; 8] = [
    Namespace {
        uri: "http://schemas.openxmlformats.org/drawingml/2006/chart",
        space: Space::Chart,
        elements: "\
            applyToEnd applyToFront applyToSides area3DChart areaChart auto autoTitleDeleted autoUpdate axId axPos \
            backWall backward bandFmt bandFmts bar3DChart barChart barDir baseTimeUnit bubble3D bubbleChart \
            bubbleScale bubbleSize builtInUnit cat catAx chart chartObject chartSpace clrMapOvr crossAx crossBetween \
            crosses crossesAt custSplit custUnit dLbl dLblPos dLbls dPt dTable data date1904 dateAx delete \
            depthPercent dispBlanksAs dispEq dispRSqr dispUnits dispUnitsLbl doughnutChart downBars dropLines \
            errBarType errBars errDir errValType evenFooter evenHeader explosion ext extLst externalData! f! \
            firstFooter firstHeader firstSliceAng floor fmtId formatCode formatting forward gapDepth gapWidth \
            grouping h hMode hPercent headerFooter hiLowLines holeSize idx intercept invertIfNegative lang layout \
            layoutTarget lblAlgn lblOffset leaderLines legacyDrawingHF legend legendEntry legendPos line3DChart \
            lineChart logBase lvl majorGridlines majorTickMark majorTimeUnit majorUnit manualLayout marker max min \
            minorGridlines minorTickMark minorTimeUnit minorUnit minus multiLvlStrCache multiLvlStrRef name noEndCap \
            noMultiLvlLbl numCache numFmt numLit numRef oddFooter oddHeader ofPieChart ofPieType order orientation \
            overlap overlay pageMargins pageSetup period perspective pictureFormat pictureOptions pictureStackUnit \
            pie3DChart pieChart pivotFmt pivotFmts pivotSource plotArea plotVisOnly plus printSettings protection pt \
            ptCount rAngAx radarChart radarStyle rich rotX rotY roundedCorners scaling scatterChart scatterStyle \
            secondPiePt secondPieSize selection separator ser serAx serLines shape showBubbleSize showCatName \
            showDLblsOverMax showHorzBorder showKeys showLeaderLines showLegendKey showNegBubbles showOutline \
            showPercent showSerName showVal showVertBorder sideWall size sizeRepresents smooth spPr splitPos \
            splitType stockChart strCache strLit strRef style surface3DChart surfaceChart symbol thickness \
            tickLblPos tickLblSkip tickMarkSkip title trendline trendlineLbl trendlineType tx txPr upBars upDownBars \
            userInterface userShapes v val valAx varyColors view3D w wMode wireframe x xMode xVal y yMode yVal",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2007/8/2/chart",
        space: Space::ChartMore,
        elements: "\
            dropZoneCategories dropZoneData dropZoneFilter dropZoneSeries dropZonesVisible inSketchMode \
            invertSolidFillFmt pivotOptions showSketchBtn sketchOptions spPr style",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2012/chart",
        space: Space::ChartMore,
        elements: "\
            autoCat bubble3D cat categoryFilterException categoryFilterExceptions dLbl datalabelsRange dlblFTEntry \
            dlblFieldTable dlblFieldTableCache dlblRangeCache explosion f! filteredAreaSeries filteredBarSeries \
            filteredBubbleSeries filteredCategoryTitle filteredLineSeries filteredPieSeries filteredRadarSeries \
            filteredScatterSeries filteredSeriesTitle filteredSurfaceSeries formulaRef fullRef invertIfNegative \
            layout leaderLines levelRef marker numFmt pivotSource ser showDataLabelsRange showLeaderLines spPr sqref \
            tx txfldGUID xForSave",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2014/chart",
        space: Space::ChartMore,
        elements: "\
            bubble3D categoryFilterException categoryFilterExceptions dLbl datapointuniqueidmap explosion \
            filteredLitCache invertIfNegative literalDataChart marker multiLvlStrCache numCache pivotOptions16 \
            ptentry ptidx showExpandCollapseFieldButtons spPr strCache uniqueID uniqueId",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2014/chart/ac",
        space: Space::ChartMore,
        elements: "multiLvlStrLit",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2017/03/chart",
        space: Space::ChartMore,
        elements: "dataDisplayOptions16 dispNaAsBlank",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2012/chartStyle",
        space: Space::ChartMore,
        elements: "\
            axisTitle bodyPr categoryAxis chartArea chartStyle colorStyle dataLabel dataLabelCallout dataLabels \
            dataPoint dataPoint3D dataPointLine dataPointMarker dataPointMarkerLayout dataPointWireframe dataSeries \
            dataTable defRPr downBar dropLine effectRef errorBar extLst fillRef floor fontRef gridlineMajor \
            gridlineMinor hiLoLine leaderLine legend lineWidthScale lnRef plotArea plotArea3D seriesAxis seriesLine \
            spPr styleClr title trendline trendlineLabel upBar valueAxis variation view3D wall",
    },
    Namespace {
        uri: "http://schemas.microsoft.com/office/drawing/2014/chartex",
        space: Space::ChartMore,
        elements: "\
            address aggregation axis axisId binCount binSize binary binning catScaling chart chartData chartSpace \
            clear clrMapOvr copyright copyrights data dataId dataLabel dataLabelHidden dataLabels dataPt entityType \
            evenFooter evenHeader ext extLst externalData! extremeValue f! firstFooter firstHeader fmtOvr fmtOvrs \
            geoCache geoChildEntities geoChildEntitiesQuery geoChildEntitiesQueryResult geoChildEntitiesQueryResults \
            geoChildTypes geoData geoDataEntityQuery geoDataEntityQueryResult geoDataEntityQueryResults \
            geoDataPointQuery geoDataPointToEntityQuery geoDataPointToEntityQueryResult \
            geoDataPointToEntityQueryResults geoEntity geoHierarchyEntity geoLocation geoLocationQuery \
            geoLocationQueryResult geoLocationQueryResults geoLocations geoParentEntitiesQuery \
            geoParentEntitiesQueryResult geoParentEntitiesQueryResults geoParentEntity geoPolygon geoPolygons \
            geography headerFooter idx layoutPr legend lvl majorGridlines majorTickMarks max maxColor mid midColor \
            min minColor minorGridlines minorTickMarks nf numDim numFmt number oddFooter oddHeader offset \
            openxmlsdk_49BECFFA_3B03_4D13_8272_D6CCB22579E3 pageMargins pageSetup parentLabelLayout percent plotArea \
            plotAreaRegion plotSurface printSettings pt regionLabelLayout rich separator series spPr statistics \
            strDim subtotals tickLabels title tx txData txPr units unitsLabel v valScaling valueColorPositions \
            valueColors visibility",
    },
];
