package dev.daa.eval.study.config;

import java.math.BigDecimal;

/// Parts of the names of run folders.
public final class RunNames {
    private RunNames() {}

    /// A method's label.
    public static String folder(String label) {
        return label.replace(' ', '-').replaceAll("[()]", "");
    }

    /// A number without exponent and trailing zeros.
    static String plain(double value) {
        return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
    }
}
