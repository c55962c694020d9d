package dev.daa.eval.report;

import dev.daa.eval.curve.Law;
import dev.daa.eval.curve.PowerLaw;
import dev.daa.eval.report.measure.FittedLaw;
import dev.daa.eval.report.text.Html;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// The table of fitted laws: errors, coefficients and peaks, the smallest error of each objective in bold.
final class FitsTable {
    private static final double BEYOND = 3;

    private FitsTable() {}

    static void write(Html html, List<FittedLaw> fits) {
        boolean sizes = fits.stream().map(FittedLaw::size).distinct().count() > 1;
        for (String reward : List.of("gold", "win_rate")) {
            List<FittedLaw> members =
                    fits.stream().filter(fit -> fit.reward().equals(reward)).toList();
            if (!members.isEmpty()) {
                String title = reward.equals("gold") ? "Gold reward" : "Win rate";
                boolean folded = reward.equals("win_rate");
                html.raw(folded ? "<details><summary>" + title + "</summary>" : "<h3>" + title + "</h3>");
                html.table(title + " fits", head(), rows(members, sizes));
                html.raw(folded ? "</details>" : "");
            }
        }
    }

    private static List<Cell> head() {
        return List.of(
                Cell.text("Objective"),
                Cell.text("Law"),
                Cell.number("RMSE"),
                Cell.number("left-out RMSE"),
                Cell.number("RMSE beyond"),
                Cell.number("AIC"),
                Cell.number("α or a"),
                Cell.number("β or b"),
                Cell.number("peak d*"),
                Cell.number("peak R*"),
                Cell.number("n"));
    }

    private static List<List<Cell>> rows(List<FittedLaw> fits, boolean sizes) {
        List<List<Cell>> rows = new ArrayList<>();
        String before = "";
        for (FittedLaw fit : fits) {
            String name = Words.objective(fit.objective()) + (sizes ? " (" + fit.size() + ")" : "");
            List<FittedLaw> rivals = fits.stream()
                    .filter(other -> other.objective().equals(fit.objective())
                            && other.size().equals(fit.size()))
                    .toList();
            FittedLaw.Coefficient first = fit.coefficients().get(0);
            FittedLaw.Coefficient second = fit.coefficients().get(1);
            rows.add(List.of(
                    Cell.text(name.equals(before) ? "" : name),
                    Cell.text(formula(fit.law())),
                    error(fit, rivals, FittedLaw::rmse, 3),
                    error(fit, rivals, FittedLaw::looRmse, 3),
                    error(fit, rivals, FittedLaw::extrapolationRmse, 3),
                    error(fit, rivals, FittedLaw::aic, 1),
                    coefficient(first),
                    coefficient(second),
                    peak(fit, fit.peakDistance()),
                    peak(fit, fit.peakReward()),
                    Cell.number(Integer.toString(fit.points()))));
            before = name;
        }
        return rows;
    }

    private static Cell error(FittedLaw fit, List<FittedLaw> rivals, ToDoubleFunction<FittedLaw> error, int decimals) {
        double value = error.applyAsDouble(fit);
        boolean best = rivals.stream().noneMatch(rival -> error.applyAsDouble(rival) < value);
        return Cell.number(Words.fixed(value, decimals)).best(best && !Double.isNaN(value));
    }

    /// A peak far beyond the distances measured says no more than that there is none within them.
    private static Cell peak(FittedLaw fit, FittedLaw.Range range) {
        double farthest = fit.curve().getLast().distance();
        Cell cell = ranged(range, 2);
        return fit.peakDistance().value() > BEYOND * farthest
                ? Cell.number("beyond").withDetail(cell.detail())
                : cell;
    }

    /// A coefficient in KL² can be a thousand times smaller than one in d.
    private static Cell coefficient(FittedLaw.Coefficient coefficient) {
        return ranged(
                new FittedLaw.Range(coefficient.value(), coefficient.low(), coefficient.high()),
                Words.decimals(coefficient.value(), 3));
    }

    /// A value and, below it, its interval.
    private static Cell ranged(FittedLaw.Range range, int decimals) {
        Cell cell = Cell.number(Double.isNaN(range.value()) ? "none" : Words.fixed(range.value(), decimals));
        return Double.isNaN(range.low()) || Double.isNaN(range.high())
                ? cell.withDetail("–")
                : cell.withDetail(Words.fixed(range.low(), decimals) + " to " + Words.fixed(range.high(), decimals));
    }

    private static String formula(String law) {
        return law.equals(PowerLaw.KEY) ? PowerLaw.FORMULA : Law.of(law).formula();
    }
}
