package dev.daa.cli;

import dev.daa.eval.curve.FitSummary;
import dev.daa.eval.record.CurveCsv;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `daa fit`: fits a scaling law to points of a curve.
@Command(
        name = "fit",
        description = {
            "Fits a law of reward against distance to the points of a CSV file.",
            "Prints one line of JSON: alpha, beta, rmse, peak_distance, peak_reward and 95 %% intervals.",
            "The bootstrap of the intervals draws whole clusters; with fewer than five of them intervals is null."
        })
final class FitCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
            names = "--points",
            required = true,
            paramLabel = "FILE.csv",
            description = "Columns distance (√KL) and reward, optionally se and cluster (the run of a point).")
    private Path points = Path.of("");

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
    public Integer call() {
        terminal.out()
                .println(FitSummary.of(law, CurveCsv.read(points), intercept, nonNegative, seed)
                        .json());
        return 0;
    }
}
