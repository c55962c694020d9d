package dev.daa.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.InputException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// JSON in, JSON out: the derivatives are those of the mean, and bad input gets one line.
class ObjectiveCheckTest {
    private static final String PAIRS =
            "\"policy_chosen\":[-1,-2],\"policy_rejected\":[-3,-2.5],\"reference_chosen\":[-1.5,-2],"
                    + "\"reference_rejected\":[-3,-4]";

    @Test
    void derivativesAreOfTheMeanLoss() {
        JsonNode answer = answer("{\"objective\":\"ipo\",\"beta\":0.5," + PAIRS + "}");
        // h = .5 and −1.5, target 1: losses .25 and 6.25, derivatives 2(h − 1)/2
        assertThat(answer.get("loss").get(0).doubleValue()).isCloseTo(.25, within(1e-15));
        assertThat(answer.get("loss").get(1).doubleValue()).isCloseTo(6.25, within(1e-15));
        assertThat(answer.get("d_policy_chosen").get(0).doubleValue()).isCloseTo(-.5, within(1e-15));
        assertThat(answer.get("d_policy_chosen").get(1).doubleValue()).isCloseTo(-2.5, within(1e-15));
        assertThat(answer.get("d_policy_rejected").get(1).doubleValue()).isCloseTo(2.5, within(1e-15));
        assertThat(answer.propertyNames()).containsExactly("loss", "d_policy_chosen", "d_policy_rejected");
    }

    @Test
    void emptyListsGiveEmptyLists() {
        assertThat(ObjectiveCheck.evaluate(
                        "{\"objective\":\"dpo\",\"policy_chosen\":[],\"policy_rejected\":[],"
                                + "\"reference_chosen\":[],\"reference_rejected\":[]}",
                        "f"))
                .isEqualTo("{\"loss\":[],\"d_policy_chosen\":[],\"d_policy_rejected\":[]}");
    }

    @Test
    void stateGoesInAndComesOut() {
        JsonNode first = answer("{\"objective\":\"bco_pair\",\"beta\":1," + PAIRS + "}");
        // rewards .5, 0, 0, 1.5: mean .5
        assertThat(first.get("state").toString()).isEqualTo("[4.0,0.5]");
        JsonNode second = answer("{\"objective\":\"bco_pair\",\"beta\":1,\"state\":[4,-1.5]," + PAIRS + "}");
        assertThat(second.get("state").toString()).isEqualTo("[8.0,-0.5]");
    }

    /// ρ = .5, 0 (desirable) and 0, 1.5 (undesirable): their own mean is .5, that of the other responses .3.
    @Test
    void prospectTheoryTakesTheResponsesThatThereAre() {
        JsonNode own = answer("{\"objective\":\"kto\",\"beta\":1," + PAIRS + "}");
        assertThat(own)
                .isEqualTo(answer("{\"objective\":\"kto\",\"reference_point\":\"matched\",\"beta\":1," + PAIRS + "}"));
        assertThat(own.get("loss").get(0).doubleValue()).isCloseTo(.5, within(1e-15));
        JsonNode others = answer("{\"objective\":\"kto\",\"beta\":1,\"chosen_mismatched\":[0.5,0.5],"
                + "\"rejected_mismatched\":[0.1,0.1]," + PAIRS + "}");
        assertThat(others.get("loss").get(0).doubleValue()).isCloseTo(1 / (1 + Math.exp(.2)), within(1e-15));
    }

    /// Where a grid over β has an objective without one, its loss is the same at every β.
    @ParameterizedTest
    @ValueSource(strings = {"sft", "rft", "slic_hf"})
    void aBetaThatIsForMetricsAloneChangesNothing(String objective) {
        String lengths = "\"chosen_length\":[2,2],\"rejected_length\":[2,2],";
        String plain = "{\"objective\":\"" + objective + "\"," + lengths + PAIRS + "}";
        assertThat(answer(plain.replaceFirst(",", ",\"beta\":0.3,"))).isEqualTo(answer(plain));
        assertThatThrownBy(() -> answer(plain.replaceFirst(",", ",\"beta\":-1,")))
                .isInstanceOf(InputException.class)
                .hasMessage("f: objective " + objective + ", parameter beta: found -1.0, expected a finite number > 0");
    }

    @Test
    void tokenDerivativesAddUpToTheSequences() {
        JsonNode answer = answer("{\"objective\":\"ld_dpo\",\"ld_alpha\":0.5," + PAIRS
                + ",\"policy_chosen_tokens\":[[-0.5,-0.5],[-2]],\"reference_chosen_tokens\":[[-1,-0.5],[-2]],"
                + "\"policy_rejected_tokens\":[[-3],[-1,-1.5]],\"reference_rejected_tokens\":[[-3],[-2,-2]]}");
        JsonNode chosen = answer.get("d_policy_chosen_tokens");
        assertThat(chosen.get(0).get(1).doubleValue())
                .isCloseTo(chosen.get(0).get(0).doubleValue() / 2, within(1e-15));
        assertThat(answer.get("d_policy_rejected_tokens").get(1).size()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "[1] | f: found a list, expected a JSON object",
                "{} | f, objective: found nothing, expected a name, see `daa objectives`",
                "{\"objective\":3} | f, objective: found 3, expected a name, see `daa objectives`",
                "{\"objective\":\"dpo\"} | f, policy_chosen: found nothing, expected a list of numbers",
                "{\"objective\":\"nope\",$} | f: no objective nope; there are dpo,",
                "{\"objective\":\"dpo\",\"betta\":1,$} | f: objective dpo has no parameter betta; it takes beta,",
                "{\"objective\":\"dpo\",\"beta\":null,$} | f: objective dpo, parameter beta: found null, expected",
                "{\"objective\":\"dpo\",\"beta\":[1],$} | f: objective dpo, parameter beta: found [1], expected",
                "{\"objective\":\"dpo\",\"policy_chosen\":[1],\"policy_rejected\":[1]} | f: dpo needs reference"
                        + " log-probs;",
                "{\"objective\":\"dpo\",\"policy_chosen\":[1],\"policy_rejected\":[1,2],\"reference_chosen\":[1],"
                        + "\"reference_rejected\":[1,2]} | f: a pairwise objective needs as many chosen as rejected",
                "{\"objective\":\"dpo\",\"policy_chosen\":[1],\"reference_chosen\":[1,2]} | f, reference_chosen: found"
                        + " 2 entries, expected 1, one for each response",
                "{\"objective\":\"dpo\",\"policy_chosen\":[1,\"x\"]} | f, policy_chosen[1]: found \"x\", expected a"
                        + " finite number",
                "{\"objective\":\"dpo\",\"policy_chosen\":[1e999]} | f, policy_chosen[0]: found",
                "{\"objective\":\"dpo\",\"policy_chosen\":7} | f, policy_chosen: found 7, expected a list of numbers",
                "{\"objective\":\"r_dpo\",\"chosen_length\":[1.5,2],\"rejected_length\":[1,2],$} | f, chosen_length[0]:"
                        + " found 1.5, expected a whole number of tokens, at least 1",
                "{\"objective\":\"r_dpo\",\"chosen_length\":[1,0],\"rejected_length\":[1,2],$} | f, chosen_length[1]:"
                        + " found 0.0, expected a whole number",
                "{\"objective\":\"r_dpo\",\"chosen_length\":[1,2],$} | f: chosen_length and rejected_length: found"
                        + " only one of them",
                "{\"objective\":\"dpo\",\"beta\":1,\"beta\":2,$} | f line 1 column",
                "{\"objective\":\"dpo\",\"policy_chosen\":[NaN]} | f line 1 column 40: not valid JSON, Non-standard"
                        + " token 'NaN'",
                "{\"objective\":\"dpo\" | f line 1 column 19: not valid JSON, Unexpected end-of-input: expected close"
                        + " marker for Object",
                "{\"policy_chosen\":[1} | f line 1 column 20: not valid JSON, Unexpected close marker '}': expected"
                        + " ']'",
                "{\"objective\":\"ld_dpo\",\"policy_chosen_tokens\":[[1],[]],$} | f, policy_chosen_tokens[1]: found no"
                        + " tokens, expected at least 1",
                "{\"objective\":\"ld_dpo\",\"policy_chosen_tokens\":[[1]],$} | f, policy_chosen_tokens: found a list,"
                        + " expected 2 lists of numbers",
                "{\"objective\":\"ld_dpo\",\"policy_chosen_tokens\":[[-1],[-1,-2]],$} | f, policy_chosen[1]: found"
                        + " -2.0, expected -3.0, the sum of policy_chosen_tokens[1]",
                "{\"objective\":\"ld_dpo\",\"policy_chosen_tokens\":[[-1],[-2]],\"chosen_length\":[1,2],$} | f,"
                        + " chosen_length[1]: found 2, expected 1, the tokens of policy_chosen_tokens[1]",
                "{\"objective\":\"ld_dpo\",\"policy_chosen_tokens\":[[-1],[-2]],\"policy_rejected_tokens\":[[-3],"
                        + "[-2.5]],$} | f: ld_dpo needs the reference's per-token log-probs too; the chosen",
                "{\"objective\":\"bco_pair\",\"state\":[1],$} | f, state: found 1 entries, expected 2",
                "{\"objective\":\"no.Such\",$} | f: objective no.Such: no such class",
            })
    void badInputGetsOneLine(String json, String message) {
        assertThatThrownBy(() -> ObjectiveCheck.evaluate(json.replace("$", PAIRS), "f"))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(message)
                .hasMessageNotContaining("\n");
    }

    @Test
    void absentFileIsRefused() {
        assertThatThrownBy(() -> ObjectiveCheck.evaluate(Path.of("no", "such.json"), List.of()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no such file");
    }

    private static JsonNode answer(String json) {
        return JsonMapper.shared().readTree(ObjectiveCheck.evaluate(json, "f"));
    }
}
