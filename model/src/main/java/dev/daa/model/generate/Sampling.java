package dev.daa.model.generate;

import dev.daa.compute.InputException;

/// How responses are drawn.
///
/// @param temperature divides the logits, at least [#LEAST_DIVISOR]; 0 takes the most likely token
/// @param topK keeps the k most likely tokens; 0 keeps all
/// @param topP keeps the smallest set of tokens whose probability reaches p; 1 keeps all
/// @param maximumTokens longest response, stop token included
/// @param stop tokens that end a response
public record Sampling(double temperature, int topK, float topP, int maximumTokens, StopTokens stop) {
    /// The lowest temperature at which the logits of any model stay finite in fp32.
    public static final double LEAST_DIVISOR = 1e-30;

    public Sampling {
        if (temperature != 0 && !isDivisor(temperature)) {
            throw new InputException(
                    "temperature is " + temperature + ", expected 0 (greedy) or " + LEAST_DIVISOR + " to 100");
        }
        if (topK < 0) {
            throw new InputException("top_k is " + topK + ", expected 0 (all tokens) or more");
        }
        if (!(topP > 0) || topP > 1) {
            throw new InputException("top_p is " + topP + ", expected more than 0 and at most 1 (all tokens)");
        }
        if (maximumTokens < 1) {
            throw new InputException("max_tokens is " + maximumTokens + ", expected at least 1");
        }
    }

    private static boolean isDivisor(double temperature) {
        return temperature >= LEAST_DIVISOR && temperature <= 100;
    }

    /// Refuses a temperature that cannot divide logits, 0 among them.
    ///
    /// @param key the setting's name
    public static void requireDivisor(String key, double temperature) {
        if (!isDivisor(temperature)) {
            throw new InputException(key + " is " + temperature + ", expected " + LEAST_DIVISOR + " to 100");
        }
    }

    /// The most likely token each time.
    public static Sampling greedy(int maximumTokens, StopTokens stop) {
        return new Sampling(0, 0, 1, maximumTokens, stop);
    }

    /// The model's own distribution.
    public static Sampling full(double temperature, int maximumTokens, StopTokens stop) {
        return new Sampling(temperature, 0, 1, maximumTokens, stop);
    }
}
