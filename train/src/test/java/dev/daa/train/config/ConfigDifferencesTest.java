package dev.daa.train.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Configs that an earlier version of the program saved.
final class ConfigDifferencesTest {
    @TempDir
    Path folder;

    @Test
    void aKeyThatWasNotThereYetHadItsDefault() throws Exception {
        record Part(
                @Setting(value = "four", byDefault = "[1, 2]")
                List<Integer> four,

                @Setting(value = "five", byDefault = "null") @Nullable
                Double five) {}
        record Grown(
                @Setting("one") int one,
                @Setting(value = "two", byDefault = "0") double two,
                @Setting("part") Part part,
                @Setting("whichever") Record whichever) {}
        Part usual = new Part(List.of(1, 2), null);
        Path saved = Files.writeString(folder.resolve("config.yaml"), "one: 1\nwhichever: {five: 5.0}\n");
        assertThat(ConfigDifferences.of(saved, new Grown(1, 0, usual, new Part(List.of(1, 2), 5.0)), Set.of()))
                .isEmpty();
        assertThat(ConfigDifferences.of(
                        saved, new Grown(1, 3, new Part(List.of(1), 6.0), new Part(List.of(1, 2), 7.0)), Set.of()))
                .containsExactly(
                        "part.five: nothing, now 6.0",
                        "part.four: nothing, now [1]",
                        "two: nothing, now 3.0",
                        "whichever.five: 5.0, now 7.0");
        Files.writeString(saved, "one: 1\nthree: 3\nwhichever: null\n");
        assertThat(ConfigDifferences.of(saved, new Grown(2, 0, usual, usual), Set.of()))
                .containsExactly(
                        "one: 1, now 2",
                        "three: 3, now nothing",
                        "whichever: null, now nothing",
                        "whichever.five: nothing, now null",
                        "whichever.four: nothing, now [1,2]");
    }

    /// So are those of a list's entries, and of a part that is declared as any record.
    @Test
    void aKeyThatEntriesAndPartsDidNotHaveYetHadItsDefault() throws Exception {
        record Entry(
                @Setting("one") int one,
                @Setting(value = "two", byDefault = "0") double two) {}
        record Whole(
                @Setting("entries") List<Entry> entries,
                @Setting("part") Record part) {}
        Path saved = Files.writeString(folder.resolve("config.yaml"), "entries: [{one: 1}]\npart: {one: 5}\n");
        assertThat(ConfigDifferences.of(saved, new Whole(List.of(new Entry(1, 0)), new Entry(5, 0)), Set.of()))
                .isEmpty();
        assertThat(ConfigDifferences.of(saved, new Whole(List.of(new Entry(1, 3)), new Entry(5, 4)), Set.of()))
                .containsExactly("entries: [{\"one\":1}], now [{\"one\":1,\"two\":3.0}]", "part.two: nothing, now 4.0");
    }
}
