package dev.daa.eval.record;

import dev.daa.compute.InputException;
import dev.daa.eval.curve.Law;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// How a policy came from the SFT policy: the column `method` of `points.csv`.
public enum Method {
    /// The policy that everything starts from.
    SFT,
    /// Direct alignment on a fixed set of labelled pairs.
    DIRECT,
    /// Direct alignment or fine-tuning on samples of the policy itself, labelled as it goes.
    ONLINE,
    /// Policy gradients on a proxy reward: PPO and its relatives.
    REINFORCEMENT,
    /// The best of n samples by a proxy reward: no training, n instead of steps.
    BEST_OF_N;

    /// Name in files.
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// The method of a name in a file.
    ///
    /// @param place of the name, for errors
    static Method of(String place, String key) {
        for (Method method : values()) {
            if (method.key().equals(key)) {
                return method;
            }
        }
        throw InputException.of(
                place,
                "method " + key,
                "one of " + Arrays.stream(values()).map(Method::key).collect(Collectors.joining(", ")),
                "");
    }

    /// The law that Gao et al. (2210.10760) found for gold reward over d = √KL: d(α − βd) for best-of-n, d(α − β
    /// log d) for everything that is trained.
    public Law law() {
        return switch (this) {
            case BEST_OF_N -> Law.BEST_OF_N;
            case SFT, DIRECT, ONLINE, REINFORCEMENT -> Law.RL;
        };
    }
}
