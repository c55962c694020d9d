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
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
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

    private static CommandJudge program(String command) {
        return new CommandJudge(command, () -> false);
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
                ResponsePairs.of(rows("xx", "x", "", "xxx"), rows("x", "x", "x", "")), program(COUNTS));
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
                JudgedComparison.of(ResponsePairs.of(rows("a", "b"), rows("c", "d")), program(first));
        assertThat(compared.winRate().ties()).isEqualTo(2);
        assertThat(compared.agreement()).isZero();
        assertThat(compared.firstRate()).isEqualTo(1);
    }

    @Test
    void aProgramThatFailsIsNamed() {
        List<Judge.Question> one = List.of(new Judge.Question("p", "a", "b"));
        refused(
                "the judge command ended with exit code 3: exit 3",
                () -> program("exit 3").judge(one));
        refused(
                "the judge command: found no answer to question 0, expected a line with its id and winner",
                () -> program("cat > /dev/null").judge(one));
        refused(
                "the judge command: found {\"id\":1,\"winner\":\"first\"}, expected an id below 1 and first, second or"
                        + " tie",
                () -> program("cat > /dev/null; echo '{\"id\":1,\"winner\":\"first\"}'")
                        .judge(one));
    }

    private static void refused(String message, Runnable judging) {
        assertThatExceptionOfType(InputException.class).isThrownBy(judging::run).withMessage(message);
    }

    /// An endpoint that answers as told and remembers what it was asked: three digits are a status, `half` is the
    /// beginning of an answer whose end does not come, JSON is a whole body, all else what the model says.
    private static final class Endpoint implements AutoCloseable {
        private final CountDownLatch closed = new CountDownLatch(1);
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
                                ? "{\n  \"error\": 1\n}"
                                : answer.startsWith("{") || answer.isEmpty()
                                        ? answer
                                        : "{\"choices\":[{\"message\":{\"content\":\"" + answer
                                                + "\"}}],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20}}")
                        .getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(failing ? Integer.parseInt(answer) : 200, body.length);
                boolean half = answer.equals("half");
                exchange.getResponseBody().write(body, 0, half ? 5 : body.length);
                if (half) {
                    exchange.getResponseBody().flush();
                    await(closed);
                }
                exchange.close();
            });
            server.start();
        }

        EndpointJudge judge(int attempts) {
            return judge(attempts, Duration.ofMillis(1), () -> false);
        }

        EndpointJudge judge(int attempts, Duration pause, BooleanSupplier cancelled) {
            return judge(attempts, pause, Duration.ofMinutes(5), cancelled);
        }

        EndpointJudge judge(int attempts, Duration pause, Duration patience, BooleanSupplier cancelled) {
            return new EndpointJudge(
                    new EndpointJudge.Config(
                            "http://localhost:" + server.getAddress().getPort() + "/v1",
                            "judge-1",
                            "secret",
                            attempts,
                            pause,
                            patience,
                            2,
                            10),
                    cancelled);
        }

        @Override
        public void close() {
            closed.countDown();
            server.stop(0);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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
                    .isEqualTo("6 requests, 400 tokens read, 80 tokens written, 0.0016 at the given prices; 1 answers"
                            + " named no winner and count as ties");
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
                    .withMessageEndingWith("/v1: the judge answered status 401: { \"error\": 1 }");
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> endpoint.judge(2).judge(one))
                    .withMessageContaining("no answer from the judge after 2 attempts, the last: status 502");
        }
    }

    /// Gateways tell of an error with status 200; as a tie it would be kept for good.
    @Test
    void whatIsNoChatCompletionIsNoTie() throws IOException {
        List<Judge.Question> one = List.of(new Judge.Question("p", "a", "b"));
        for (String body : List.of("{\"error\": {\"message\": \"quota exceeded\"}}", "{\"choices\":[]}", "")) {
            Path cache = folder.resolve("cache.jsonl");
            try (Endpoint endpoint = new Endpoint(body)) {
                refusedAtTheEnd(
                        "/v1: the judge's answer is no chat completion: " + body,
                        () -> new CachedJudge(endpoint.judge(5), cache, () -> false).judge(one));
            }
            assertThat(cache).doesNotExist();
        }
        try (Endpoint endpoint = new Endpoint("{\"choices\":[" + " ".repeat(300))) {
            refusedAtTheEnd(
                    "/v1: the judge's answer is not JSON: {\"choices\":[",
                    () -> endpoint.judge(5).judge(one));
        }
    }

    @Test
    @Timeout(60)
    void anAnswerIsNotWaitedForOnceCancelled() throws IOException {
        try (Endpoint endpoint = new Endpoint("half")) {
            EndpointJudge judge = endpoint.judge(5, Duration.ofHours(1), () -> !endpoint.asked.isEmpty());
            assertThatExceptionOfType(InterruptedRunException.class)
                    .isThrownBy(() -> judge.judge(List.of(new Judge.Question("p", "a", "b"))))
                    .withMessageContaining("stopped while the judge gave no answer");
        }
    }

    @Test
    @Timeout(60)
    void anAnswerThatDoesNotEndIsAskedForAgain() throws IOException {
        try (Endpoint endpoint = new Endpoint("half")) {
            EndpointJudge judge = endpoint.judge(1, Duration.ofMillis(1), Duration.ofSeconds(1), () -> false);
            refusedAtTheEnd(
                    "after 1 attempts, the last: nothing came in 1 s; what was answered before is in the cache",
                    () -> judge.judge(List.of(new Judge.Question("p", "a", "b"))));
        }
    }

    @Test
    void addressesAndKeysThatCannotBeSentAreRefused() {
        for (String url : List.of("http://a b/v1", "http://local_host:1/v1", "http://host:99999/v1", "http://h/%zz")) {
            refused("url: found " + url + ", expected http://… or https://…", () -> config(url, "key"));
        }
        refused(
                "the API's key holds spaces, line breaks or letters that are not ASCII",
                () -> config("http://host/v1", "secret\n"));
    }

    private static EndpointJudge.Config config(String url, String key) {
        return new EndpointJudge.Config(url, "m", key, 1, Duration.ofSeconds(1), Duration.ofSeconds(1), 0, 0);
    }

    private static void refusedAtTheEnd(String message, Runnable judging) {
        assertThatExceptionOfType(InputException.class).isThrownBy(judging::run).withMessageEndingWith(message);
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

    /// Signals reach the program too, which a shell then counts as 130 or 143.
    @Test
    void aProgramThatASignalEndedIsNoFailure() {
        for (String command : List.of("exit 130", "kill -TERM $$")) {
            assertThatExceptionOfType(InterruptedRunException.class)
                    .isThrownBy(() -> program(command).judge(List.of(new Judge.Question("p", "a", "b"))));
        }
    }

    @Test
    @Timeout(60)
    void aProgramIsEndedOnceCancelled() {
        Path next = folder.resolve("next");
        assertThatExceptionOfType(InterruptedRunException.class)
                .isThrownBy(() -> new CommandJudge("sleep 1000; touch " + next + "; sleep 1000", () -> true)
                        .judge(List.of(new Judge.Question("p", "a", "b"))));
        assertThat(next).doesNotExist();
    }

    @Test
    void aProgramThatClosesItsInputAndLivesOnLeavesNoTrace() {
        List<String> failures = Collections.synchronizedList(new ArrayList<>());
        var before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((_, failure) -> failures.add(failure.toString()));
        try {
            refused(
                    "the judge command: found no answer to question 0, expected a line with its id and winner",
                    () -> program("exec 0<&-; sleep 1")
                            .judge(List.of(new Judge.Question("p", "a".repeat(1 << 20), "b"))));
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void theCacheIsAFile() throws IOException {
        refused(
                folder + ": found no file, expected one for the judge's answers; choose another --cache",
                () -> new CachedJudge(program("true"), folder, () -> false));
        Path file = Files.createFile(folder.resolve("file"));
        refused(
                file.resolve("cache") + ": a file lies where a folder is needed; choose another --cache file",
                () -> new CachedJudge(program(COUNTS), file.resolve("cache"), () -> false)
                        .judge(List.of(new Judge.Question("p", "a", "b"))));
    }

    @Test
    void everyResponseNeedsAnOpponent() {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ResponsePairs.of(rows("a", "b"), rows("c")))
                .withMessage("file:2: found a response, expected one of the opponent to the same prompt; none is left");
    }
}
