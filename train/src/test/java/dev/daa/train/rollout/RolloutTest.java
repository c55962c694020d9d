package dev.daa.train.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.model.score.Sequence;
import java.util.List;
import org.junit.jupiter.api.Test;

class RolloutTest {
    private static Rollout rollout() {
        return new Rollout(
                List.of(
                        new Sequence(new int[] {1}, new int[] {2, 3}),
                        new Sequence(new int[] {1}, new int[] {4}),
                        new Sequence(new int[] {5}, new int[] {6, 7, 8})),
                new int[] {0, 2, 3, 6},
                new double[] {-1, -2, -3, -4, -5, -6},
                new double[] {-10, -20, -30, -40, -50, -60},
                new double[] {0.1, 0.2, 0.3},
                new boolean[] {true, false, true});
    }

    @Test
    void someOfItKeepWhatIsKnownOfThem() {
        Rollout some = rollout().only(new int[] {0, 2});
        assertThat(some.responses().stream().map(response -> response.response()[0]))
                .containsExactly(2, 6);
        assertThat(some.start()).containsExactly(0, 2, 5);
        assertThat(some.oldLogProb()).containsExactly(-1, -2, -4, -5, -6);
        assertThat(some.reference()).containsExactly(-10, -20, -40, -50, -60);
        assertThat(some.score()).containsExactly(0.1, 0.3);
        assertThat(some.stopped()).containsExactly(true, true);
        assertThat(rollout().only(new int[0]).tokens()).isZero();
    }

    @Test
    void twoTogetherLieOneBehindTheOther() {
        Rollout both = rollout().only(new int[] {2, 1}).with(rollout().only(new int[] {0, 1}));
        Rollout expected = rollout().only(new int[] {2, 1, 0, 1});
        assertThat(both).usingRecursiveComparison().isEqualTo(expected);
        assertThat(both.start()).containsExactly(0, 3, 4, 6, 7);
        assertThat(rollout().only(new int[0]).with(rollout()))
                .usingRecursiveComparison()
                .isEqualTo(rollout());
    }
}
