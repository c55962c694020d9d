package dev.daa.eval.report;

import dev.daa.eval.report.Html.Cell;
import java.util.ArrayList;
import java.util.List;

/// The table of fitted laws: coefficients, peak, errors, with the best law of each objective marked.
final class FitsTable {
    private FitsTable() {}

    static void write(Html html, List<FittedLaw> fits) {
        boolean sizes = fits.stream().map(FittedLaw::size).distinct().count() > 1;
        for (String reward : List.of("gold", "win_rate")) {
            List<FittedLaw> members =
                    fits.stream().filter(fit -> fit.reward().equals(reward)).toList();
            if (!members.isEmpty()) {
                String title = reward.equals("gold") ? "Gold reward" : "Win rate";
                html.element("h3", title);
                html.table(title + " fits", head(), rows(members, sizes));
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
        for (FittedLaw fit : fits) {
            FittedLaw.Coefficient first = fit.coefficients().get(0);
            FittedLaw.Coefficient second = fit.coefficients().get(1);
            rows.add(List.of(
                    Cell.text(Words.objective(fit.objective()) + (sizes ? " (" + fit.size() + ")" : "")),
                    Cell.text(formula(fit.law())),
                    Cell.number(Words.fixed(fit.rmse(), 3)),
                    Cell.number(Words.fixed(fit.looRmse(), 3)),
                    Cell.number(Words.fixed(fit.extrapolationRmse(), 3)),
                    Cell.number(Words.fixed(fit.aic(), 1)),
                    Cell.number(interval(first.value(), first.low(), first.high(), 3)),
                    Cell.number(interval(second.value(), second.low(), second.high(), 3)),
                    Cell.number(interval(fit.peakDistance(), 2)),
                    Cell.number(interval(fit.peakReward(), 2)),
                    Cell.number(Integer.toString(fit.points()))));
        }
        return rows;
    }

    static String formula(String law) {
        return switch (law) {
            case "rl" -> "d(α − β log d)";
            case "bon" -> "d(α − β d)";
            case "quadratic_kl" -> "a·KL² + b·KL + c";
            case "quadratic_distance" -> "a·d² + b·d + c";
            default -> law;
        };
    }

    private static String interval(FittedLaw.Range range, int decimals) {
        return interval(range.value(), range.low(), range.high(), decimals);
    }

    /// "0.512 [0.480, 0.551]".
    private static String interval(double value, double low, double high, int decimals) {
        String number = Words.fixed(value, decimals);
        return Double.isNaN(low) || Double.isNaN(high)
                ? number
                : number + " [" + Words.fixed(low, decimals) + ", " + Words.fixed(high, decimals) + "]";
    }
}
