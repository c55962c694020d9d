package dev.daa.cli;

import dev.daa.compute.InputException;
import dev.daa.eval.curve.FitSummary;
import dev.daa.eval.curve.SampledCurve;
import dev.daa.eval.record.CurveCsv;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.report.measure.StudyCurve;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// `daa fit`: fits a scaling law to points of a curve.
@Command(
        name = "fit",
        description = {
            "Fits a law of reward against distance to the points of a CSV file.",
            "Of a study's report/points.csv: to the checkpoints of each objective and size, as the report does.",
            "Prints a line of JSON a fit: alpha, beta, rmse, peak_distance, peak_reward and 95 %% intervals.",
            "Intervals are the wider one of a bootstrap that draws whole clusters, five at least, and of each seed left"
                    + " out in turn, two at least; intervals_over says which there were."
        })
final class FitCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
            names = "--points",
            required = true,
            paramLabel = "FILE.csv",
            description =
                    "Columns distance (√KL) and reward, optionally se, cluster (the run of a point) and seed; or a"
                            + " study's points.csv.")
    private Path points = Path.of("");

    @Option(
            names = "--reward",
            paramLabel = "COLUMN",
            description = "Reward of a study's points.csv, less the SFT policy's: gold, exact_gold, win_rate,"
                    + " win_rate_sft or proxy_reward. [gold]")
    private @Nullable String reward;

    @Option(
            names = "--law",
            paramLabel = "LAW",
            defaultValue = "rl",
            description = {
                "The reward over d = √KL. [${DEFAULT-VALUE}]",
                "rl: d(α − β log d)",
                "bon: d(α − βd)",
                "log1p: d(α − β log(1 + d))",
                "power: d(α − βd^γ)",
                "quadratic_kl: c + d²(α − βd²), a parabola in KL = d²",
                "quadratic_distance: c + d(α − βd), a parabola in d",
                "quadratic: that of the two with the smaller rmse"
            })
    private String law = "rl";

    @Option(
            names = "--intercept",
            description =
                    "Add a constant c, the reward at distance 0, to rl, bon or log1p, which have 0 there else. The"
                            + " quadratics always have it, power never does.")
    private boolean intercept;

    @Option(names = "--nonnegative", description = "Hold α and β at 0 or above.")
    private boolean nonNegative;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed of the bootstrap replicas. [${DEFAULT-VALUE}]")
    private long seed;

    FitCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if (PointsCsv.isHeadedAs(points)) {
            fitStudy(StudyCurve.read(points, reward == null ? "gold" : reward));
        } else if (reward != null) {
            throw InputException.of("--reward", reward, "no --reward: " + points + " is not a study's points.csv", "");
        } else {
            terminal.out().println(fit(CurveCsv.read(points)).json());
        }
        return 0;
    }

    private FitSummary fit(SampledCurve curve) {
        return FitSummary.of(law, curve, intercept, nonNegative, seed);
    }

    /// What has too few points for the law is named and left out, unless that is every curve.
    private void fitStudy(List<StudyCurve> curves) {
        int fitted = 0;
        for (StudyCurve curve : curves) {
            try {
                ObjectNode line = JsonMapper.shared().createObjectNode();
                line.put("objective", curve.objective());
                line.put("size", curve.size());
                line.put("reward", curve.reward());
                line.put("origin", curve.origin());
                line.setAll((ObjectNode) JsonMapper.shared().valueToTree(fit(curve.curve())));
                terminal.out().println(line);
                fitted++;
            } catch (InputException undetermined) {
                String message = curve.objective() + ", size " + curve.size() + ": " + undetermined.getMessage();
                if (fitted == 0 && curve.equals(curves.getLast())) {
                    throw new InputException(message, undetermined);
                }
                terminal.err().println("daa: " + message);
            }
        }
    }
}
