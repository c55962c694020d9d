package dev.daa.train.ppo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.train.config.ConfigKey;
import dev.daa.train.objective.ObjectiveTableTest;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What docs/rlhf.md and the help say of the algorithms is what they do.
final class AlgorithmTableTest {
    @ParameterizedTest
    @EnumSource
    void theDocumentationHasItsRow(Algorithm algorithm) throws IOException {
        Recipe recipe = algorithm.recipe();
        String[] cells = Files.readAllLines(ObjectiveTableTest.documentation().resolveSibling("rlhf.md")).stream()
                .filter(line -> line.startsWith("| `" + algorithm.key() + "`"))
                .findFirst()
                .orElseThrow()
                .split(" \\| ");
        boolean hasRatio = recipe.weighting() != Weighting.NONE;
        assertThat(List.of(cells).subList(1, 7))
                .containsExactly(
                        quoted(recipe.advantage()),
                        hasRatio ? quoted(recipe.ratio()) : "–",
                        quoted(recipe.weighting()) + bounds(algorithm),
                        quoted(recipe.aggregation()),
                        quoted(recipe.klPenalty()) + " " + number(algorithm.klCoefficient()),
                        algorithm.samples()
                                + (algorithm.passes() == 1 ? "" : ", " + algorithm.passes() + " passes")
                                + " |");
        assertThat(cells[0].contains("`drop_equal`")).isEqualTo(recipe.dropEqual());
        assertThat(cells[0].contains("`refill_rounds: " + recipe.refillRounds() + "`"))
                .isEqualTo(recipe.refillRounds() > 0);
        assertThat(cells[0].contains("`overlong_share: " + recipe.overlongShare() + "`"))
                .isEqualTo(recipe.overlongShare() > 0);
    }

    private static String bounds(Algorithm algorithm) {
        double low = algorithm.clipRange();
        double high = Objects.requireNonNullElse(algorithm.recipe().clipHigh(), low);
        return switch (algorithm.recipe().weighting()) {
            case NONE -> ", one pass";
            case SAPO, VESPO -> "";
            case GMPO -> " e^±" + number(low);
            case CLIP, CISPO ->
                low < 0.01
                        ? " 1 − " + scientific(low) + " – 1 + " + scientific(high)
                        : " " + number(1 - low) + "–" + number(1 + high);
        };
    }

    private static String quoted(Enum<?> value) {
        return "`" + Recipe.key(value) + "`";
    }

    private static String number(double value) {
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }

    private static String scientific(double value) {
        int exponent = (int) Math.floor(Math.log10(value));
        return number(Math.round(value / Math.pow(10, exponent) * 10) / 10.0) + "e" + exponent;
    }

    @Test
    void theHelpNamesEveryChoice() {
        assertThat(meaning("algorithm")).contains(names(Algorithm.values()));
        assertThat(meaning("advantage")).contains(names(Advantage.values()));
        assertThat(meaning("ratio")).contains(names(Ratio.values()));
        assertThat(meaning("weighting")).contains(names(Weighting.values()));
        assertThat(meaning("aggregation")).contains(names(Aggregation.values()));
        assertThat(meaning("kl_penalty")).contains(names(KlPenalty.values()));
    }

    private static String meaning(String key) {
        return ConfigKey.of(PolicyGradient.class).stream()
                .filter(one -> one.name().equals(key))
                .findFirst()
                .orElseThrow()
                .meaning();
    }

    private static List<String> names(Enum<?>[] values) {
        return Arrays.stream(values)
                .map(value -> value instanceof Algorithm algorithm ? algorithm.key() : Recipe.key(value))
                .toList();
    }
}
