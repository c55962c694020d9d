package dev.daa.eval.report.measure;

import dev.daa.eval.curve.CurveForm;
import dev.daa.eval.curve.CurvePoints;
import dev.daa.eval.curve.Extrapolation;
import dev.daa.eval.curve.FittedCurve;
import dev.daa.eval.curve.Interval;
import dev.daa.eval.curve.Law;
import dev.daa.eval.curve.LawBootstrap;
import dev.daa.eval.curve.LeftOutErrors;
import dev.daa.eval.curve.PowerLaw;
import dev.daa.eval.curve.Resampling;
import dev.daa.eval.record.Json;
import dev.daa.eval.record.Point;
import dev.daa.model.checkpoint.DurableFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Fits every law to every objective and size of a study: `fits.json`. The bootstrap draws whole runs
/// (one β, one seed) and, where the runs kept their samples, the held-out prompts of each seed too.
public final class LawFits {
    private static final List<CurveForm> FORMS = List.of(
            Law.RL.form(), Law.BEST_OF_N.form(), Law.QUADRATIC_KL.form(), Law.QUADRATIC_DISTANCE.form(), PowerLaw.FORM);
    private static final long BOOTSTRAP_SEED = 1;
    private static final int CURVE_POINTS = 60;
    /// The extrapolation test fits the points within this share of the greatest distance.
    private static final double SPLIT = 0.6;

    private LawFits() {}

    /// The fits of gold reward and win rate; groups whose points do not determine a law are left out.
    ///
    /// @param replicas of the bootstrap
    public static List<FittedLaw> of(List<Point> points, int replicas) throws IOException {
        return of(points, SampledRewards.Source.none(), replicas);
    }

    /// @param samples of the points, for the bootstrap over prompts
    public static List<FittedLaw> of(List<Point> points, SampledRewards.Source samples, int replicas)
            throws IOException {
        List<Fitted> curves = new ArrayList<>();
        for (StudyGroups.Group group : StudyGroups.of(points).groups()) {
            RewardCurve.of(points, group, measured -> measured.rewards().gold(), samples, SampledRewards::gold)
                    .ifPresent(curve -> curves.add(new Fitted(group, "gold", curve)));
            RewardCurve.of(points, group, measured -> measured.rewards().winRate(), samples, SampledRewards::win)
                    .ifPresent(curve -> curves.add(new Fitted(group, "win_rate", curve)));
        }
        return curves.parallelStream()
                .flatMap(curve -> fits(curve, replicas).stream())
                .toList();
    }

    /// What laws are fitted to.
    private record Fitted(StudyGroups.Group group, String reward, RewardCurve curve) {}

    public static void write(Path file, List<FittedLaw> fits) {
        DurableFile.write(file, Json.indented(fits));
    }

    private static List<FittedLaw> fits(Fitted fitted, int replicas) {
        Resampling again = fitted.curve.curve().again(replicas, BOOTSTRAP_SEED);
        return FORMS.stream()
                .flatMap(form -> form.fit(fitted.curve.points()).stream().map(fit -> law(form, fit, fitted, again)))
                .toList();
    }

    /// Where curves are drawn: closer where a law starts with infinite slope.
    private static double[] distances(CurvePoints points) {
        double farthest = Arrays.stream(points.distance()).max().orElse(0);
        double[] distances = new double[CURVE_POINTS + 1];
        for (int k = 0; k <= CURVE_POINTS; k++) {
            distances[k] = farthest * k * k / ((double) CURVE_POINTS * CURVE_POINTS);
        }
        return distances;
    }

    private static FittedLaw law(CurveForm form, FittedCurve fit, Fitted fitted, Resampling again) {
        CurvePoints points = fitted.curve.points();
        double origin = fitted.curve.origin();
        double[] distances = distances(points);
        boolean overdetermined = form.isOverdetermined(points);
        Optional<LawBootstrap> bootstrap = overdetermined ? LawBootstrap.of(form, again, distances) : Optional.empty();
        Optional<LeftOutErrors> leftOut = form.leftOut(points);
        double split = SPLIT * distances[CURVE_POINTS];
        return new FittedLaw(
                fitted.group.objective(),
                fitted.group.size(),
                fitted.reward,
                form.key(),
                origin,
                coefficients(form, fit, bootstrap),
                range(fit.peak().map(FittedCurve.Peak::distance), bootstrap.map(LawBootstrap::peakDistance)),
                range(fit.peak().map(FittedCurve.Peak::reward), bootstrap.map(LawBootstrap::peakReward)),
                fit.rmse(),
                leftOut.map(LeftOutErrors::rmse).orElse(Double.NaN),
                leftOut.map(LeftOutErrors::byCluster).orElse(List.of()),
                overdetermined ? fit.aic() : Double.NaN,
                split,
                Extrapolation.of(form, points, split)
                        .map(Extrapolation::rmsePredicted)
                        .orElse(Double.NaN),
                points.size(),
                fitted.curve.runs(),
                curve(fit, origin, distances, bootstrap));
    }

    private static Optional<Interval> band(Optional<Interval[]> band, int at) {
        return band.filter(drawn -> drawn.length > 0).map(drawn -> drawn[at]);
    }

    private static List<FittedLaw.Coefficient> coefficients(
            CurveForm form, FittedCurve fit, Optional<LawBootstrap> bootstrap) {
        List<FittedLaw.Coefficient> coefficients = new ArrayList<>();
        for (int k = 0; k < form.coefficients().size(); k++) {
            int at = k;
            coefficients.add(coefficient(
                    form.coefficients().get(k),
                    fit.coefficients()[k],
                    bootstrap.map(intervals -> intervals.coefficients().get(at))));
        }
        return coefficients;
    }

    private static FittedLaw.Coefficient coefficient(String name, double value, Optional<Interval> interval) {
        FittedLaw.Range range = range(Optional.of(value), interval);
        return new FittedLaw.Coefficient(
                name,
                range.value(),
                range.low(),
                range.high(),
                interval.map(Interval::error).orElse(Double.NaN));
    }

    private static FittedLaw.Range range(Optional<Double> value, Optional<Interval> interval) {
        return new FittedLaw.Range(
                value.orElse(Double.NaN),
                interval.map(Interval::low).orElse(Double.NaN),
                interval.map(Interval::high).orElse(Double.NaN));
    }

    private static List<FittedLaw.CurvePoint> curve(
            FittedCurve fit, double origin, double[] distances, Optional<LawBootstrap> bootstrap) {
        List<FittedLaw.CurvePoint> curve = new ArrayList<>();
        for (int k = 0; k < distances.length; k++) {
            FittedLaw.Range range =
                    range(Optional.of(fit.reward(distances[k])), band(bootstrap.map(LawBootstrap::band), k));
            curve.add(new FittedLaw.CurvePoint(
                    distances[k], origin + range.value(), origin + range.low(), origin + range.high()));
        }
        return curve;
    }
}
