package dev.daa.eval.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.train.data.PreferencePair;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PairSplitTest {
    /// Each letter is the prompt of a pair, `-` is none; expected are the places of the pairs held out.
    @ParameterizedTest
    @CsvSource({
        "abcdef, 2, 4 5",
        "aabbcc, 2, 4 5",
        "aabbcc, 3, 2 3 4 5",
        "abcabc, 2, 2 5",
        "abcabc, 3, 2 5 1 4",
        "acbcde, 3, 3 4 5 1",
        "aaaa, 1, 0 1 2 3",
        "a---, 2, 2 3",
    })
    void promptsAreHeldOutWhole(String prompts, int count, String places) {
        List<PreferencePair> all = IntStream.range(0, prompts.length())
                .mapToObj(i -> new PreferencePair(
                        prompts.charAt(i) == '-' ? new int[0] : new int[] {prompts.charAt(i)},
                        new int[] {i},
                        new int[] {100 + i}))
                .toList();
        PairSplit split = PairSplit.fromTheEnd(all, count);
        List<PreferencePair> expected = Arrays.stream(places.split(" "))
                .mapToInt(Integer::parseInt)
                .sorted()
                .mapToObj(all::get)
                .toList();
        assertThat(split.heldOut()).isEqualTo(expected);
        assertThat(split.pairs())
                .isEqualTo(all.stream().filter(pair -> !expected.contains(pair)).toList());
    }
}
