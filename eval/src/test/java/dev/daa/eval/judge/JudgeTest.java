package dev.daa.eval.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.sun.net.httpserver.HttpServer;
import dev.daa.compute.InputException;
import dev.daa.train.data.ResponseRow;
import dev.daa.train.run.InterruptedRunException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

final class JudgeTest {
    @TempDir
    Path folder;

    private static List<ResponseRow> rows(String... responses) {
        List<ResponseRow> rows = new ArrayList<>();
        for (int i = 0; i < responses.length; i++) {
            rows.add(new ResponseRow("file:" + (i + 1), "prompt " + i, responses[i]));
        }
        return rows;
    }

    /// Prefers the response with more `x`, as an awk program.
    private static final String COUNTS = """
        awk '{
          match($0, /"id":[0-9]+/); id = substr($0, RSTART + 5, RLENGTH - 5);
          first = $0; sub(/.*"first":"/, "", first); sub(/","second".*/, "", first);
          second = $0; sub(/.*"second":"/, "", second);
          a = gsub(/x/, "", first); b = gsub(/x/, "", second);
          print "{\\"id\\":" id ",\\"winner\\":\\"" (a > b ? "first" : a < b ? "second" : "tie") "\\"}"
        }'\
        """;

    @Test
    void aProgramJudgesInBothOrders() {
        JudgedComparison compared = JudgedComparison.of(
                ResponsePairs.of(rows("xx", "x", "", "xxx"), rows("x", "x", "x", "")), new CommandJudge(COUNTS));
        assertThat(compared.winRate().wins()).isEqualTo(2);
        assertThat(compared.winRate().ties()).isEqualTo(1);
        assertThat(compared.winRate().losses()).isEqualTo(1);
        assertThat(compared.winRate().rate()).isCloseTo(0.625, within(1e-12));
        assertThat(compared.agreement()).isEqualTo(1);
        assertThat(compared.firstRate()).isCloseTo(0.5, within(1e-12));
        assertThat(compared.cost()).isEqualTo("8 questions to the command");
    }

    /// Whoever always says "first" says nothing: all ties, and no agreement between the orders.
    @Test
    void aJudgeThatLooksAtTheOrderIsFoundOut() {
        String first = "sed 's/.*\"id\":\\([0-9]*\\).*/{\"id\":\\1,\"winner\":\"first\"}/'";
        JudgedComparison compared =
                JudgedComparison.of(ResponsePairs.of(rows("a", "b"), rows("c", "d")), new CommandJudge(first));
        assertThat(compared.winRate().ties()).isEqualTo(2);
        assertThat(compared.agreement()).isZero();
        assertThat(compared.firstRate()).isEqualTo(1);
    }

    @Test
    void aProgramThatFailsIsNamed() {
        List<Judge.Question> one = List.of(new Judge.Question("p", "a", "b"));
        refused("the judge command ended with exit code 3: exit 3", () -> new CommandJudge("exit 3").judge(one));
        refused(
                "the judge command: found no answer to question 0, expected a line with its id and winner",
                () -> new CommandJudge("cat > /dev/null").judge(one));
        refused(
                "the judge command: found {\"id\":1,\"winner\":\"first\"}, expected an id below 1 and first, second or"
                        + " tie",
                () -> new CommandJudge("cat > /dev/null; echo '{\"id\":1,\"winner\":\"first\"}'").judge(one));
    }

    private static void refused(String message, Runnable judging) {
        assertThatExceptionOfType(InputException.class).isThrownBy(judging::run).withMessage(message);
    }

    /// An endpoint that answers as told and remembers what it was asked.
    private static final class Endpoint implements AutoCloseable {
        private final Deque<String> answers = new ArrayDeque<>();
        private final List<JsonNode> asked = new ArrayList<>();
        private final List<String> keys = new ArrayList<>();
        private final HttpServer server;

        Endpoint(String... answers) throws IOException {
            this.answers.addAll(List.of(answers));
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/v1/chat/completions", exchange -> {
                asked.add(JsonMapper.shared().readTree(exchange.getRequestBody().readAllBytes()));
                keys.add(exchange.getRequestHeaders().getFirst("Authorization"));
                String answer = this.answers.removeFirst();
                boolean failing = answer.length() == 3;
                byte[] body = (failing
                                ? "{}"
                                : "{\"choices\":[{\"message\":{\"content\":\"" + answer
                                        + "\"}}],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20}}")
                        .getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(failing ? Integer.parseInt(answer) : 200, body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            server.start();
        }

        EndpointJudge judge(int attempts) {
            return judge(attempts, Duration.ofMillis(1), () -> false);
        }

        EndpointJudge judge(int attempts, Duration pause, BooleanSupplier cancelled) {
            return new EndpointJudge(
                    new EndpointJudge.Config(
                            "http://localhost:" + server.getAddress().getPort() + "/v1",
                            "judge-1",
                            "secret",
                            attempts,
                            pause,
                            2,
                            10),
                    cancelled);
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    @Test
    void anEndpointIsAskedRepeatedlyAndItsCostCounted() throws IOException {
        try (Endpoint endpoint = new Endpoint("503", "429", "I think [[B]], no: [[A]]", "[[B]]", "[[C]]", "hm, hm")) {
            EndpointJudge judge = endpoint.judge(3);
            JudgedComparison compared =
                    JudgedComparison.of(ResponsePairs.of(rows("good", "b"), rows("bad", "d")), judge);
            assertThat(compared.winRate().wins()).isEqualTo(1);
            assertThat(compared.winRate().ties()).isEqualTo(1);
            assertThat(compared.cost())
                    .isEqualTo("6 requests, 400 tokens read, 80 tokens written, 0.0016 at the given prices");
            assertThat(endpoint.keys).containsOnly("Bearer secret");
            JsonNode first = endpoint.asked.getFirst();
            assertThat(first.path("model").stringValue()).isEqualTo("judge-1");
            assertThat(first.path("temperature").intValue()).isZero();
            assertThat(first.path("messages").path(1).path("content").stringValue())
                    .isEqualTo("Prompt:\nprompt 0\n\nFirst response (A):\ngood\n\nSecond response (B):\nbad");
            assertThat(endpoint.asked
                            .get(3)
                            .path("messages")
                            .path(1)
                            .path("content")
                            .stringValue())
                    .isEqualTo("Prompt:\nprompt 0\n\nFirst response (A):\nbad\n\nSecond response (B):\ngood");
        }
    }

    @Test
    void anEndpointThatRefusesOrNeverAnswersIsOneLine() throws IOException {
        List<Judge.Question> one = List.of(new Judge.Question("p", "a", "b"));
        try (Endpoint endpoint = new Endpoint("401", "500", "502")) {
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> endpoint.judge(5).judge(one))
                    .withMessageEndingWith("/v1: the judge answered status 401: {}");
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> endpoint.judge(2).judge(one))
                    .withMessageContaining("no answer from the judge after 2 attempts, the last: status 502");
        }
    }

    @Test
    void noQuestionIsAskedTwice() throws IOException {
        Path cache = folder.resolve("cache/judge.jsonl");
        try (Endpoint endpoint = new Endpoint("[[A]]", "[[B]]")) {
            JudgedComparison first = JudgedComparison.of(
                    ResponsePairs.of(rows("good"), rows("bad")),
                    new CachedJudge(endpoint.judge(1), cache, () -> false));
            Files.writeString(cache, Files.readString(cache) + "{\"key\":\"cut o");
            JudgedComparison again = JudgedComparison.of(
                    ResponsePairs.of(rows("good"), rows("bad")),
                    new CachedJudge(endpoint.judge(1), cache, () -> false));
            assertThat(again.winRate()).isEqualTo(first.winRate());
            assertThat(again.cost()).startsWith("0 requests").endsWith("; 2 of 2 answers were in the cache");
            assertThat(endpoint.asked).hasSize(2);
        }
    }

    /// An answer that followed a cut line as its continuation would be asked, and paid, a second time.
    @Test
    void theAnswerAfterACutLineIsKept() throws IOException {
        Path cache = folder.resolve("judge.jsonl");
        try (Endpoint endpoint = new Endpoint("[[A]]", "[[B]]", "[[A]]", "[[B]]")) {
            for (int time = 0; time < 3; time++) {
                String response = time == 0 ? "good" : "better";
                JudgedComparison.of(
                        ResponsePairs.of(rows(response), rows("bad")),
                        new CachedJudge(endpoint.judge(1), cache, () -> false));
                Files.writeString(cache, "{\"key\":\"cut o", StandardOpenOption.APPEND);
            }
            assertThat(endpoint.asked).hasSize(4);
        }
    }

    @Test
    void nothingIsAskedOnceCancelledAndWhatWasAnsweredIsKept() throws IOException {
        Path cache = folder.resolve("judge.jsonl");
        try (Endpoint endpoint = new Endpoint("[[A]]", "[[B]]", "[[A]]", "[[B]]")) {
            BooleanSupplier afterThree = () -> endpoint.asked.size() == 3;
            assertThatExceptionOfType(InterruptedRunException.class)
                    .isThrownBy(() -> JudgedComparison.of(
                            ResponsePairs.of(rows("good", "fine"), rows("bad", "poor")),
                            new CachedJudge(endpoint.judge(1), cache, afterThree)))
                    .withMessage(
                            "stopped with 1 questions left; the same command goes on, with the answers in " + cache);
            assertThat(endpoint.asked).hasSize(3);
            JudgedComparison compared = JudgedComparison.of(
                    ResponsePairs.of(rows("good", "fine"), rows("bad", "poor")),
                    new CachedJudge(endpoint.judge(1), cache, () -> false));
            assertThat(compared.winRate().wins()).isEqualTo(2);
            assertThat(endpoint.asked).hasSize(4);
        }
    }

    @Test
    @Timeout(60)
    void aQuestionIsNotRepeatedOnceCancelled() throws IOException {
        try (Endpoint endpoint = new Endpoint("503", "[[A]]")) {
            EndpointJudge judge = endpoint.judge(5, Duration.ofHours(1), () -> !endpoint.asked.isEmpty());
            assertThatExceptionOfType(InterruptedRunException.class)
                    .isThrownBy(() -> judge.judge(List.of(new Judge.Question("p", "a", "b"))))
                    .withMessageContaining("stopped while the judge gave no answer");
            assertThat(endpoint.asked).hasSize(1);
        }
    }

    /// Ctrl-C reaches the program too, which a shell then counts as 130.
    @Test
    void aProgramThatCtrlCEndedIsNoFailure() {
        assertThatExceptionOfType(InterruptedRunException.class)
                .isThrownBy(() -> new CommandJudge("exit 130").judge(List.of(new Judge.Question("p", "a", "b"))));
    }

    @Test
    void everyResponseNeedsAnOpponent() {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ResponsePairs.of(rows("a", "b"), rows("c")))
                .withMessage("file:2: found a response, expected one of the opponent to the same prompt; none is left");
    }
}
