package dev.daa.eval.report.measure;

import dev.daa.compute.InputException;
import dev.daa.eval.curve.SampledCurve;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// The points of one objective and size of a study, as the report fits them: distance √KL, a cluster per run, the SFT
/// policy's mean reward subtracted.
///
/// @param reward column of `points.csv`
/// @param origin the mean that was subtracted
public record StudyCurve(String objective, String size, String reward, double origin, SampledCurve curve) {
    private static final Map<String, Function<Evaluation, Estimate>> REWARDS = new LinkedHashMap<>();

    static {
        REWARDS.put("gold", measured -> measured.rewards().gold());
        REWARDS.put("exact_gold", measured -> measured.rewards().exactGold());
        REWARDS.put("win_rate", measured -> measured.rewards().winRate());
        REWARDS.put("win_rate_sft", measured -> measured.rewards().winRateSft());
        REWARDS.put("proxy_reward", measured -> measured.rewards().proxy());
    }

    /// @param file a study's `points.csv`
    public static List<StudyCurve> read(Path file, String reward) throws IOException {
        Function<Evaluation, Estimate> quantity = REWARDS.get(reward);
        if (quantity == null) {
            throw InputException.of("--reward", reward, "one of " + String.join(", ", REWARDS.keySet()), "");
        }
        List<Point> points = PointsCsv.read(file);
        List<StudyCurve> curves = new ArrayList<>();
        for (StudyGroups.Group group : StudyGroups.of(points).groups()) {
            RewardCurve.of(points, group, quantity, SampledRewards.Source.none(), SampledRewards::gold)
                    .map(curve ->
                            new StudyCurve(group.objective(), group.size(), reward, curve.origin(), curve.curve()))
                    .ifPresent(curves::add);
        }
        if (curves.isEmpty()) {
            throw InputException.of(
                    file.toString(),
                    "no objective with " + reward + " and kl, or no row of the SFT policy with it",
                    "both: the SFT policy's reward is the curve's origin",
                    "");
        }
        return curves;
    }
}
