package dev.daa.eval.report.part;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.report.figure.FigureStyle;
import dev.daa.eval.report.measure.Parallel;
import dev.daa.eval.report.measure.SampledRewards;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Thresholds;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/// The parts of the analysis that a study switched on, in reading order.
public final class Analyses {
    private Analyses() {}

    /// @param samples of the points, for the bootstrap over prompts
    /// @param thresholds of its reward models, where it has that part
    /// @param replicas of every bootstrap
    public static List<AnalysisSection> of(
            StudyData data, SampledRewards.Source samples, Thresholds thresholds, int replicas) throws IOException {
        StudyGroups study = StudyGroups.of(data.points());
        FigureStyle style = new FigureStyle(data.points(), study, data.frontier());
        return Parallel.map(
                Arrays.stream(Part.values())
                        .filter(part -> data.facts().analysis().contains(part.key()))
                        .toList(),
                part -> switch (part) {
                    case DYNAMICS -> DynamicsPart.of(data, style);
                    case LENGTH -> LengthPart.of(data, style);
                    case LIKELIHOOD -> LikelihoodPart.of(data, study.direct());
                    case FORWARD_KL -> ForwardKlPart.of(data, study.direct(), replicas);
                    case PREDICTION -> PredictionPart.of(study.direct());
                    case TRENDS -> TrendsPart.of(data, style);
                    case MITIGATIONS -> new MitigationsPart(data, style, samples, replicas).section();
                    case GOLD -> GoldPart.of(data, style);
                    case REWARD_MODELS -> RewardModelsPart.of(data, replicas);
                    case THRESHOLDS -> ThresholdsPart.of(data, style, thresholds);
                    case REGIMES -> RegimesPart.of(study);
                    case TOYS -> ToysPart.of(data.toys());
                    case STOPPING -> StoppingPart.of(study.direct());
                    case RECOMMENDATION -> RecommendationPart.of(data, samples, replicas);
                });
    }
}
