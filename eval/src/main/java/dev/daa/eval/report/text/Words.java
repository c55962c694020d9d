package dev.daa.eval.report.text;

import dev.daa.eval.curve.Interval;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Method;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Names and numbers as a reader wants to see them.
public final class Words {
    /// Between spaces at which no line breaks.
    public static final String PLUS_MINUS = "\u00a0±\u00a0";

    /// What reinforcement has in place of β.
    public static final String KL_COEFFICIENT = "KL\u00a0coefficient";

    private static final Map<String, String> VARIANTS = Map.of(
            "-par",
            "PAR",
            "-lsc",
            "LSC",
            "-log-cdf",
            "log CDF",
            "-exp-cdf",
            "exp CDF",
            "-chi2",
            "χ²",
            "-constrained",
            "constrained",
            "-averaged",
            "averaged");

    private Words() {}

    /// "β 0.1", on one line.
    public static String beta(double beta) {
        return "β\u00a0" + number(beta);
    }

    /// The setting of a method's pull to the SFT policy, "β 0.1" or "KL coefficient 0.05"; "" where it has none.
    public static String beta(Method method, double beta) {
        return Double.isNaN(beta)
                ? ""
                : method == Method.REINFORCEMENT ? KL_COEFFICIENT + "\u00a0" + number(beta) : beta(beta);
    }

    /// "DPO" for `dpo`, "SLiC" for `slic`; unknown names stay as they are.
    public static String objective(String name) {
        return switch (name) {
            case "sft" -> "SFT";
            case "dpo" -> "DPO";
            case "ipo" -> "IPO";
            case "slic" -> "SLiC";
            case "hinge" -> "SLiC (hinge)";
            case "cdpo" -> "cDPO";
            case "r_dpo", "rdpo", "r-dpo" -> "R-DPO";
            case "chi_po", "chipo" -> "χPO";
            case "tr_dpo", "trdpo" -> "TR-DPO";
            case "is_daa", "is_dpo" -> "IS-DAA";
            case "rpo", "dpo_nll" -> "RPO";
            case "ppo", "rloo", "grpo", "dapo", "gspo", "luspo", "cispo", "sapo", "vespo", "gmpo", "reinforce" ->
                name.toUpperCase(Locale.ROOT);
            case "remax" -> "ReMax";
            case "dr_grpo" -> "Dr. GRPO";
            case "reinforce_plus_plus" -> "REINFORCE++";
            case "reinforce_plus_plus_baseline" -> "REINFORCE++ (baseline)";
            case "best-of-n" -> "Best of n";
            case "xpo" -> "XPO";
            default -> variant(name);
        };
    }

    /// "PPO (PAR)" for `ppo-par`: an algorithm and what shapes its scores, or that its weights are averaged.
    private static String variant(String name) {
        for (Map.Entry<String, String> variant : VARIANTS.entrySet()) {
            if (name.endsWith(variant.getKey())) {
                String algorithm =
                        name.substring(0, name.length() - variant.getKey().length());
                String shown = objective(algorithm);
                return shown.equals(algorithm) ? name : shown + " (" + variant.getValue() + ")";
            }
        }
        return name;
    }

    /// The shortest text of a number as it was set: 0.1, 0.005, 1.
    public static String number(double value) {
        if (Double.isNaN(value)) {
            return "–";
        }
        if (value == Math.rint(value) && Math.abs(value) < 1e9) {
            return Long.toString((long) value);
        }
        return minus(java.math.BigDecimal.valueOf(value).stripTrailingZeros().toPlainString());
    }

    /// A number with a given count of decimals and a true minus sign; "–" where missing.
    public static String fixed(double value, int decimals) {
        if (Double.isNaN(value)) {
            return "–";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "∞" : "−∞";
        }
        String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
        boolean zero = text.chars().allMatch(c -> c == '-' || c == '0' || c == '.');
        return minus(zero && text.startsWith("-") ? text.substring(1) : text);
    }

    /// Decimals that show two significant digits of a number: so many at least, ten at most.
    public static int decimals(double value, int least) {
        return value == 0 || !Double.isFinite(value)
                ? least
                : Math.clamp(1 - (int) Math.floor(Math.log10(Math.abs(value))), least, Math.max(least, 10));
    }

    /// As [#fixed], with a sign in front of positive numbers.
    public static String signed(double value, int decimals) {
        String text = fixed(value, decimals);
        return value > 0 && !text.equals(fixed(0, decimals)) ? "+" + text : text;
    }

    /// "1.59 ± 0.03": mean and standard error.
    public static String estimate(Estimate estimate, int decimals) {
        if (estimate.isMissing()) {
            return "–";
        }
        String mean = fixed(estimate.mean(), decimals);
        return estimate.errorOrZero() == 0 ? mean : mean + PLUS_MINUS + fixed(estimate.standardError(), decimals);
    }

    /// "54 ± 2 %": a share and its standard error.
    public static String percent(Estimate share) {
        return share.isMissing() ? "–" : estimate(share.times(100), 0) + "\u00a0%";
    }

    public static String percent(double share) {
        return Double.isNaN(share) ? "–" : fixed(100 * share, 0) + "\u00a0%";
    }

    /// "4 min 32 s".
    public static String duration(double seconds) {
        if (Double.isNaN(seconds)) {
            return "not recorded";
        }
        long whole = Math.round(seconds);
        if (whole >= 3600) {
            return whole / 3600 + " h " + whole % 3600 / 60 + " min";
        }
        return whole >= 60 ? whole / 60 + " min " + whole % 60 + " s" : whole + " s";
    }

    /// "115 k", "1.2 M": number of weights.
    public static String parameters(long count) {
        if (count >= 1_000_000) {
            return fixed(count / 1e6, 1) + " M";
        }
        return count >= 1000 ? fixed(count / 1e3, 0) + " k" : Long.toString(count);
    }

    /// "a", "a and b", "a, b and c"; "a, x; b, y; and c, z" where commas stand within.
    public static String list(List<String> words) {
        int n = words.size();
        if (n < 2) {
            return n == 0 ? "none" : words.getFirst();
        }
        if (words.stream().anyMatch(word -> word.contains(","))) {
            return String.join("; ", words.subList(0, n - 1)) + "; and " + words.getLast();
        }
        return String.join(", ", words.subList(0, n - 1)) + " and " + words.getLast();
    }

    /// "1 run", "3 runs".
    public static String count(long n, String singular) {
        return n + " " + (n == 1 ? singular : singular + "s");
    }

    private static String minus(String text) {
        return text.startsWith("-") ? "−" + text.substring(1) : text;
    }

    /// "95 % interval −0.10 to +0.20", with two digits.
    public static String interval(Optional<Interval> interval) {
        return interval.map(found -> "95 % interval " + signed(found.low(), 2) + " to " + signed(found.high(), 2))
                .orElse("fewer than " + Interval.LEAST_CLUSTERS + " runs of one seed, so no interval");
    }
}
