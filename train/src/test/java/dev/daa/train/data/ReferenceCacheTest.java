package dev.daa.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.InputException;
import dev.daa.train.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReferenceCacheTest {
    @TempDir
    Path folder;

    private int computed;

    private Supplier<ReferenceLogProbs> count(List<PreferencePair> pairs) {
        return () -> {
            computed++;
            return new ReferenceLogProbs(
                    pairs.stream()
                            .map(pair -> values(pair.chosenSequence().scoredTokens(), computed))
                            .toArray(float[][]::new),
                    pairs.stream()
                            .map(pair -> values(pair.rejectedSequence().scoredTokens(), -computed))
                            .toArray(float[][]::new));
        };
    }

    private static float[] values(int length, int base) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = base - i / 7f;
        }
        return values;
    }

    @Test
    void theSecondRunReadsWhatTheFirstComputed() {
        List<PreferencePair> pairs = new ArrayList<>(TinyModels.pairs(13, 5));
        pairs.add(new PreferencePair(new int[0], new int[] {1, 2, 3}, new int[] {4, 5}));
        ReferenceLogProbs first = new ReferenceCache(folder.resolve("new")).get("model", pairs, count(pairs));
        ReferenceLogProbs second = new ReferenceCache(folder.resolve("new")).get("model", pairs, count(pairs));
        assertThat(computed).isEqualTo(1);
        assertThat(second.chosen()).isDeepEqualTo(first.chosen());
        assertThat(second.rejected()).isDeepEqualTo(first.rejected());
    }

    @Test
    void anotherModelOrAnotherTokenIsComputedAnew() {
        ReferenceCache cache = new ReferenceCache(folder);
        List<PreferencePair> pairs = TinyModels.pairs(3, 5);
        cache.get("model", pairs, count(pairs));
        cache.get("another model", pairs, count(pairs));
        assertThat(computed).isEqualTo(2);
        List<PreferencePair> changed = new ArrayList<>(pairs);
        int[] rejected = pairs.get(1).rejected().clone();
        rejected[0] ^= 1;
        changed.set(1, new PreferencePair(pairs.get(1).prompt(), pairs.get(1).chosen(), rejected));
        cache.get("model", changed, count(changed));
        assertThat(computed).isEqualTo(3);
        cache.get("model", pairs.reversed(), count(pairs.reversed()));
        assertThat(computed).isEqualTo(4);
        cache.get("model", pairs, count(pairs));
        assertThat(computed).isEqualTo(4);
    }

    @Test
    void aFileThatWasCutIsRefusedByName() throws IOException {
        ReferenceCache cache = new ReferenceCache(folder);
        List<PreferencePair> pairs = TinyModels.pairs(3, 5);
        cache.get("model", pairs, count(pairs));
        Path file;
        try (Stream<Path> files = Files.list(folder)) {
            file = files.findFirst().orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 4));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> cache.get("model", pairs, count(pairs)))
                .withMessageStartingWith(file.toString());
    }
}
