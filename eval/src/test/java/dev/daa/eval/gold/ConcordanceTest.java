package dev.daa.eval.gold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ConcordanceTest {
    /// By hand: prompt A has the gold orders 1 < 2 < 3 and proxy 1 < 3 = 3, two pairs right and a tie; prompt B has
    /// one pair, wrong; pairs across prompts do not count, nor does the pair that gold ties.
    @Test
    void pairsOfEachPromptAreCounted() {
        int[][] prompts = {{1}, {1}, {2}, {1}, {2}, {3}, {3}};
        double[] gold = {1, 2, 0, 3, 9, 5, 5};
        double[] proxy = {1, 3, 8, 3, 7, 1, 2};
        Concordance found = Concordance.withinPrompts(prompts, proxy, gold);
        assertThat(found.distinctPairs()).isEqualTo(4);
        assertThat(found.share()).isCloseTo(2.5 / 4, within(1e-15));
    }

    @Test
    void withoutPairsThereIsNone() {
        assertThat(Concordance.withinPrompts(new int[][] {{1}, {2}}, new double[2], new double[] {1, 2})
                        .share())
                .isNaN();
    }

    /// Three responses of one kind and two of another make six pairs, all alike.
    @Test
    void repeatedResponsesMakeNoDistinctPairs() {
        int[][] prompts = {{1}, {1}, {1}, {1}, {1}, {2}, {2}};
        double[] gold = {1, 1, 1, 2, 2, 1, 2};
        double[] proxy = {5, 5, 5, 6, 6, 9, 3};
        Concordance found = Concordance.withinPrompts(prompts, proxy, gold);
        assertThat(found.distinctPairs()).isEqualTo(2);
        assertThat(found.share()).isCloseTo(6.0 / 7, within(1e-15));
    }
}
