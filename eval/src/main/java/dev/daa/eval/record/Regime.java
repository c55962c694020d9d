package dev.daa.eval.record;

import dev.daa.compute.InputException;
import dev.daa.train.online.Online;
import java.util.Arrays;
import java.util.Locale;

/// Where a run stands between learning from others and learning from itself (Guo & Xiong 2024): whose responses it
/// learns from, and when their labels come.
///
/// @param onPolicy whether it learns from responses of the policy that is being trained, as it is now
/// @param labels fixed before training, taken anew every round, or with every step
public record Regime(boolean onPolicy, Online.Regime labels) {
    /// With labels that were fixed before training.
    public static Regime offline(boolean onPolicy) {
        return new Regime(onPolicy, Online.Regime.OFFLINE);
    }

    /// The column `regime` of `points.csv`: `on-policy online`, `off-policy iterative`, …
    public String key() {
        return samples() + " " + labels.name().toLowerCase(Locale.ROOT);
    }

    String samples() {
        return onPolicy ? "on-policy" : "off-policy";
    }

    /// @param place of the words, for errors
    static Regime of(String place, String key) {
        for (boolean onPolicy : new boolean[] {true, false}) {
            for (Online.Regime labels : Online.Regime.values()) {
                Regime regime = new Regime(onPolicy, labels);
                if (regime.key().equals(key)) {
                    return regime;
                }
            }
        }
        throw InputException.of(
                place,
                "regime " + key,
                "on-policy or off-policy, and one of "
                        + String.join(
                                ", ",
                                Arrays.stream(Online.Regime.values())
                                        .map(labels -> labels.name().toLowerCase(Locale.ROOT))
                                        .toList()),
                "");
    }
}
