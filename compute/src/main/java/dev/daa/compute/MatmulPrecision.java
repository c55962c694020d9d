package dev.daa.compute;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// How matrix products multiply; sums are fp32 in all of them, and so is everything outside the products.
public enum MatmulPrecision {
    /// IEEE fp32.
    FP32,
    /// Factors rounded to 10 bits of mantissa, on tensor cores of NVIDIA GPUs since Ampere: relative error about
    /// 5e-4.
    TF32,
    /// Factors and products rounded to 8 bits of significand, on tensor cores of NVIDIA GPUs since Ampere: relative
    /// error about 2e-3.
    BF16;

    /// The name that users give: `fp32`.
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// @throws InputException when there is no such precision
    public static MatmulPrecision of(String key) {
        return Arrays.stream(values())
                .filter(value -> value.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new InputException("matmul-precision is '" + key + "', expected one of "
                        + Arrays.stream(values()).map(MatmulPrecision::key).collect(Collectors.joining(", "))));
    }
}
