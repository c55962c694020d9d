package dev.daa.model.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.model.SmallModels;
import dev.daa.model.score.LogProbScorer;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a response may depend on, where it ends, and that its log-probabilities are those of the scorer, which
/// runs another graph.
class GeneratorTest {
    private static final int LONGEST_PROMPT = 9;
    private static final int LONGEST = 13;
    private static final int STOP = 5;
    private static final long SEED = 17;

    private final Backend backend = Backend.open("cpu", 2);

    @AfterEach
    void close() {
        backend.close();
    }

    /// Prompts of 1 to 9 tokens, some of them equal.
    private static List<int[]> prompts(int count) {
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            prompts.add(SmallModels.tokens(1 + i % LONGEST_PROMPT, i % 11));
        }
        return prompts;
    }

    private Model model(String family) {
        return SmallModels.language(backend, family, "policy", 7);
    }

    private static Response[][] generate(
            Backend backend, Model model, int rows, List<int[]> prompts, int samples, Sampling sampling) {
        try (Generator generator = new Generator(backend, model, rows, LONGEST_PROMPT, LONGEST)) {
            return generator.generate(prompts, samples, sampling, SEED);
        }
    }

    private static void assertSameBits(Response found, Response expected, String what) {
        assertThat(found.tokens()).as("tokens of %s", what).containsExactly(expected.tokens());
        assertThat(found.logProbs()).as("log-probabilities of %s", what).containsExactly(expected.logProbs());
        assertThat(found.stopped()).as("end of %s", what).isEqualTo(expected.stopped());
    }

    /// The most likely token is looked for among the scores of all 33 one-token responses to the same prefix.
    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void greedyTakesTheTokenThatTheScorerFindsMostLikely(String family) {
        Model model = model(family);
        List<int[]> prompts = prompts(4);
        Response[][] responses = generate(backend, model, 3, prompts, 1, Sampling.greedy(7, StopTokens.NONE));
        try (LogProbScorer scorer = new LogProbScorer(backend, model, 64, 257, 1)) {
            for (int i = 0; i < prompts.size(); i++) {
                int[] prefix = prompts.get(i);
                for (int t = 0; t < 7; t++) {
                    int[] fixed = prefix;
                    List<Sequence> continuations = new ArrayList<>();
                    for (int token = 0; token < SmallModels.VOCABULARY; token++) {
                        continuations.add(new Sequence(fixed, new int[] {token}));
                    }
                    float[][] scores = scorer.score(continuations);
                    int best = 0;
                    for (int token = 1; token < scores.length; token++) {
                        best = scores[token][0] > scores[best][0] ? token : best;
                    }
                    assertThat(responses[i][0].tokens()[t])
                            .as("prompt %d, token %d", i, t)
                            .isEqualTo(best);
                    assertThat(responses[i][0].logProbs()[t]).isCloseTo(scores[best][0], within(1e-5f));
                    prefix = Arrays.copyOf(prefix, prefix.length + 1);
                    prefix[prefix.length - 1] = best;
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"gpt2, 1", "gpt_neox, 1", "llama, 1", "gpt2, 0.6", "gpt_neox, 1.7", "llama, 0.6"})
    void theSampledLogProbsAreTheScorersAtTheSameTemperature(String family, float temperature) {
        Model model = model(family);
        List<int[]> prompts = prompts(13);
        Response[][] responses =
                generate(backend, model, 7, prompts, 3, Sampling.full(temperature, LONGEST, StopTokens.of(STOP)));
        List<Sequence> sequences = new ArrayList<>();
        for (int i = 0; i < responses.length; i++) {
            for (Response response : responses[i]) {
                sequences.add(new Sequence(prompts.get(i), response.tokens()));
            }
        }
        try (LogProbScorer scorer = new LogProbScorer(backend, model, 64, 64, temperature)) {
            float[][] scores = scorer.score(sequences);
            for (int i = 0; i < scores.length; i++) {
                assertThat(responses[i / 3][i % 3].logProbs())
                        .as("response %d", i)
                        .usingComparatorWithPrecision(1e-5f)
                        .containsExactly(scores[i]);
            }
        }
    }

    /// Rows in company, one after the other, and on one or two threads.
    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void aResponseDoesNotDependOnRowsOrThreads(String family) {
        List<int[]> prompts = prompts(13);
        Sampling sampling = Sampling.full(1, LONGEST, StopTokens.of(STOP));
        Response[][] expected = generate(backend, model(family), 1, prompts, 3, sampling);
        for (int rows : new int[] {2, 7, 33, 64}) {
            Response[][] found = generate(backend, model(family), rows, prompts, 3, sampling);
            for (int i = 0; i < prompts.size() * 3; i++) {
                assertSameBits(
                        found[i / 3][i % 3], expected[i / 3][i % 3], "response " + i + " with " + rows + " rows");
            }
        }
        try (Backend alone = Backend.open("cpu", 1)) {
            Model model = SmallModels.language(alone, family, "policy", 7);
            Response[][] found = generate(alone, model, 33, prompts, 3, sampling);
            for (int i = 0; i < prompts.size() * 3; i++) {
                assertSameBits(found[i / 3][i % 3], expected[i / 3][i % 3], "response " + i + " on one thread");
            }
        }
    }

    /// The same prompt at the same index, once among other prompts and once with one sample instead of five.
    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void aResponseDoesNotDependOnItsNeighboursOrOnHowManyShareItsPrompt(String family) {
        Model model = model(family);
        Sampling sampling = Sampling.full(1, LONGEST, StopTokens.of(STOP));
        List<int[]> prompts = prompts(8);
        List<int[]> others = new ArrayList<>();
        for (int i = 0; i < 29; i++) {
            others.add(SmallModels.tokens(1 + (i * 5) % LONGEST_PROMPT, 1000 + i));
        }
        others.set(3, prompts.get(3));
        Response[][] shared = generate(backend, model, 16, prompts, 5, sampling);
        Response[][] inOtherCompany = generate(backend, model, 16, others, 5, sampling);
        Response[][] unshared = generate(backend, model, 16, prompts, 1, sampling);
        for (int sample = 0; sample < 5; sample++) {
            assertSameBits(inOtherCompany[3][sample], shared[3][sample], "sample " + sample);
        }
        for (int i = 0; i < prompts.size(); i++) {
            assertSameBits(unshared[i][0], shared[i][0], "prompt " + i);
        }
    }

    @Test
    void seedPromptIndexAndSampleIndexEachGiveAnotherResponse() {
        Model model = model("gpt2");
        Sampling sampling = Sampling.full(1, LONGEST, StopTokens.NONE);
        int[] prompt = SmallModels.tokens(3, 1);
        try (Generator generator = new Generator(backend, model, 8, LONGEST_PROMPT, LONGEST)) {
            Response[][] first = generator.generate(List.of(prompt, prompt), 2, sampling, 1);
            Response[][] again = generator.generate(List.of(prompt, prompt), 2, sampling, 1);
            Response[][] otherSeed = generator.generate(List.of(prompt, prompt), 2, sampling, 2);
            assertSameBits(again[1][1], first[1][1], "the same call");
            assertThat(List.of(
                            first[0][0].tokens(), first[0][1].tokens(), first[1][0].tokens(), otherSeed[0][0].tokens()))
                    .extracting(Arrays::toString)
                    .doesNotHaveDuplicates();
        }
    }

    /// The response without stop tokens, up to the first of them.
    @Test
    void endsAtAnyOfTheStopTokens() {
        Model model = model("gpt2");
        List<Integer> stop = List.of(STOP, 11, SmallModels.VOCABULARY + 100);
        Response[][] whole = generate(backend, model, 16, prompts(33), 8, Sampling.full(1, LONGEST, StopTokens.NONE));
        Response[][] found =
                generate(backend, model, 16, prompts(33), 8, Sampling.full(1, LONGEST, new StopTokens(stop)));
        Set<Integer> ends = new HashSet<>();
        for (int i = 0; i < 33 * 8; i++) {
            int[] tokens = whole[i / 8][i % 8].tokens();
            int end = 0;
            while (end < LONGEST && !stop.contains(tokens[end])) {
                end++;
            }
            Response response = found[i / 8][i % 8];
            assertThat(response.tokens())
                    .as("response %d", i)
                    .containsExactly(Arrays.copyOf(tokens, Math.min(end + 1, LONGEST)));
            assertThat(response.stopped()).as("end of response %d", i).isEqualTo(end < LONGEST);
            if (end < LONGEST) {
                ends.add(tokens[end]);
            }
        }
        assertThat(ends).containsExactlyInAnyOrder(STOP, 11);
    }

    @Test
    void endsAtTheStopTokenOrAtTheLimit() {
        Response[][] responses =
                generate(backend, model("gpt2"), 16, prompts(33), 8, Sampling.full(1, LONGEST, StopTokens.of(STOP)));
        int stopped = 0;
        int cut = 0;
        for (Response[] ofPrompt : responses) {
            for (Response response : ofPrompt) {
                int[] before = Arrays.copyOf(response.tokens(), response.length() - 1);
                assertThat(before).doesNotContain(STOP);
                assertThat(response.logProbs()).hasSize(response.length());
                boolean endsWithStop = response.tokens()[response.length() - 1] == STOP;
                assertThat(response.stopped()).isEqualTo(endsWithStop);
                assertThat(response.length()).isBetween(1, LONGEST);
                assertThat(endsWithStop || response.length() == LONGEST).isTrue();
                stopped += endsWithStop ? 1 : 0;
                cut += endsWithStop ? 0 : 1;
            }
        }
        assertThat(stopped).as("responses that stopped").isGreaterThan(20);
        assertThat(cut).as("responses that were cut").isGreaterThan(20);
    }

    @Test
    void aShorterLimitGivesTheBeginningOfTheSameResponse() {
        Model model = model("llama");
        Response[][] whole = generate(backend, model, 4, prompts(7), 1, Sampling.full(1, LONGEST, StopTokens.NONE));
        Response[][] cut = generate(backend, model, 4, prompts(7), 1, Sampling.full(1, 1, StopTokens.NONE));
        for (int i = 0; i < whole.length; i++) {
            assertThat(cut[i][0].tokens()).containsExactly(whole[i][0].tokens()[0]);
        }
    }

    @Test
    void aGeneratorForOneTokenPromptsHasNoPrefixes() {
        Model model = model("gpt2");
        List<int[]> prompts = List.of(new int[] {1}, new int[] {32}, new int[] {1});
        Sampling sampling = Sampling.full(1, LONGEST, StopTokens.of(STOP));
        Response[][] expected = generate(backend, model, 2, prompts, 3, sampling);
        try (Generator generator = new Generator(backend, model, 2, 1, LONGEST)) {
            Response[][] found = generator.generate(prompts, 3, sampling, SEED);
            for (int i = 0; i < 9; i++) {
                assertSameBits(found[i / 3][i % 3], expected[i / 3][i % 3], "response " + i);
            }
        }
    }

    @Test
    void stopsBetweenTwoTokensWhenCancelledAndCanBeUsedAgain() {
        Model model = model("gpt2");
        List<int[]> prompts = prompts(13);
        Sampling sampling = Sampling.full(1, LONGEST, StopTokens.NONE);
        Response[][] expected = generate(backend, model, 4, prompts, 2, sampling);
        try (Generator generator = new Generator(backend, model, 4, LONGEST_PROMPT, LONGEST)) {
            AtomicInteger asked = new AtomicInteger();
            assertThatExceptionOfType(CancellationException.class)
                    .isThrownBy(
                            () -> generator.generate(prompts, 2, sampling, SEED, () -> asked.incrementAndGet() > 7));
            assertThat(asked).hasValue(8);
            assertThat(generator.generatedTokens()).isEqualTo(7 * 4);
            Response[][] found = generator.generate(prompts, 2, sampling, SEED);
            for (int i = 0; i < 26; i++) {
                assertSameBits(found[i / 2][i % 2], expected[i / 2][i % 2], "response " + i);
            }
        }
    }

    /// Rotary positions could go further, but not what the model was trained on, and no row of data may either.
    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "gpt_neox", "llama"})
    void refusesMorePositionsThanTheModelHas(String family) {
        Model model = model(family);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new Generator(backend, model, 1, 40, 10))
                .withMessage("a prompt of 40 and a response of 10 tokens need 49 positions, the model has 48;"
                        + " lower the maximum number of tokens");
    }

    @Test
    void refusesWhatItCannotGenerate() {
        Model model = model("gpt2");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> new Generator(backend, model, 0, 1, 1))
                .withMessage("responses at the same time are 0, expected at least 1");
        try (Generator generator = new Generator(backend, model, 2, 3, 4)) {
            Sampling sampling = Sampling.greedy(4, StopTokens.NONE);
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> generator.generate(List.of(new int[0]), 1, sampling, 1))
                    .withMessage("prompt 0 has 0 tokens, expected 1 to 3");
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> generator.generate(List.of(new int[4]), 1, sampling, 1))
                    .withMessage("prompt 0 has 4 tokens, expected 1 to 3");
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> generator.generate(List.of(new int[] {1}, new int[] {33}), 1, sampling, 1))
                    .withMessage("prompt 1 has token id 33, expected 0 to 32");
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> generator.generate(List.of(new int[] {1}), 0, sampling, 1))
                    .withMessage("samples per prompt is 0, expected at least 1");
        }
    }
}
