package dev.daa.eval.report.finding;

import dev.daa.eval.record.Point;
import dev.daa.eval.record.ProxyRow;
import dev.daa.eval.report.measure.FittedLaw;
import dev.daa.eval.report.measure.StudyGroups;
import java.util.ArrayList;
import java.util.List;

/// Every claim that a study is asked about, decided from its points and fits by the rule that each [Finding] states.
/// Pure: the same points and fits give the same verdicts.
///
/// Common to all rules: numbers are means over seeds with the errors of [dev.daa.eval.record.Estimate#average]; a
/// difference counts when it exceeds z standard errors, z = 1.96 for a single comparison and greater where several
/// could have shown it ([dev.daa.eval.report.measure.Significance#threshold]), both over prompts and over seeds, where
/// Student's t takes the place of z at the same level ([dev.daa.eval.record.Estimate#z]).
public final class Findings {
    /// Where most of the claims come from.
    public static final String RAFAILOV = "Rafailov et al. 2024, arXiv 2406.02900";

    private Findings() {}

    /// @param fits may be empty: the law's finding is then not tested
    /// @param proxies the study's reward models, where it has some
    public static List<Finding> of(List<Point> points, List<FittedLaw> fits, List<ProxyRow> proxies) {
        StudyGroups all = StudyGroups.of(points);
        StudyGroups study = all.direct();
        List<Finding> findings = new ArrayList<>(List.of(
                OveroptimizationFindings.hump(study),
                OveroptimizationFindings.lawTurnsDown(study, fits),
                OveroptimizationFindings.proxyStillRises(study),
                OveroptimizationFindings.earlyPeak(study),
                ComparisonFindings.ipoOveroptimizesLeast(study),
                ComparisonFindings.largerModelsDominate(study),
                ComparisonFindings.finalKlFallsWithBeta(study),
                PredictionFindings.accuracyDoesNotPredict(study),
                PredictionFindings.lossDoesNotPredict(study),
                PredictionFindings.chosenLikelihoodFalls(study),
                PredictionFindings.lawBeatsQuadratic(study, fits)));
        findings.addAll(ProxyFindings.of(all, proxies));
        return List.copyOf(findings);
    }
}
