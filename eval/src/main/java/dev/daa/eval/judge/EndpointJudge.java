package dev.daa.eval.judge;

import dev.daa.compute.InputException;
import dev.daa.train.run.InterruptedRunException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// An OpenAI-compatible chat endpoint as a judge: one request a question, at temperature 0, on a URL that the user
/// gives. An answer is its last `[[A]]`, `[[B]]` or `[[C]]` (tie). Requests that fail for now (429, 5xx, connection)
/// are repeated with growing pauses.
public final class EndpointJudge implements Judge {
    private static final Pattern ANSWER = Pattern.compile("\\[\\[([ABC])]]");
    private static final String INSTRUCTION = "You compare two responses to the same prompt. Say which one is better as"
            + " an answer to the prompt. Do not let their order or their length decide. Explain briefly, then end with"
            + " [[A]] if the first is better, [[B]] if the second is better, [[C]] if they are equally good.";

    /// Characters of an unexpected answer that are shown.
    private static final int EXCERPT = 200;

    /// Nanoseconds after which a pause asks again whether to go on.
    private static final long MOMENT = 100_000_000;

    private final Config config;
    private final BooleanSupplier cancelled;
    private final HttpClient client;
    private long calls;
    private long promptTokens;
    private long answerTokens;
    private long undecided;

    /// Where and whom to ask.
    ///
    /// @param url of the API, such as `http://localhost:8000/v1`; `/chat/completions` is appended
    /// @param model name of the judge
    /// @param key bearer token; empty for none
    /// @param attempts per question
    /// @param pause before the second attempt, doubled before each further one
    /// @param patience for one answer, its last byte included
    /// @param promptPrice money per million tokens read, in the user's currency; 0 when unknown
    /// @param answerPrice money per million tokens written
    public record Config(
            String url,
            String model,
            String key,
            int attempts,
            Duration pause,
            Duration patience,
            double promptPrice,
            double answerPrice) {
        public Config {
            requireAddress(url);
            if (!key.matches("\\p{Graph}*")) { // the key itself is nobody's to read
                throw new InputException("the API's key holds spaces, line breaks or letters that are not ASCII");
            }
        }
    }

    /// @throws InputException where no request could be sent to the URL
    public static void requireAddress(String url) {
        try {
            HttpRequest request = HttpRequest.newBuilder(address(url)).build();
            if (request.uri().getPort() < 1 << Character.SIZE) {
                return;
            }
        } catch (IllegalArgumentException _) {
            // as a port that is none
        }
        throw InputException.of("url", url, "http://… or https://…", "");
    }

    private static URI address(String url) {
        return URI.create(url + "/chat/completions");
    }

    /// @param cancelled asked while the judge answers or a question waits to be repeated; once it says so an
    /// [InterruptedRunException] is thrown
    public EndpointJudge(Config config, BooleanSupplier cancelled) {
        this.config = config;
        this.cancelled = cancelled;
        client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(20)).build();
    }

    @Override
    public String identity() {
        return "endpoint " + config.model() + " " + INSTRUCTION.hashCode();
    }

    @Override
    public String cost() {
        double money = promptTokens * 1e-6 * config.promptPrice() + answerTokens * 1e-6 * config.answerPrice();
        return String.format(
                Locale.ROOT,
                "%,d requests, %,d tokens read, %,d tokens written%s%s",
                calls,
                promptTokens,
                answerTokens,
                config.promptPrice() > 0 || config.answerPrice() > 0
                        ? String.format(Locale.ROOT, ", %.4f at the given prices", money)
                        : "",
                undecided > 0
                        ? String.format(Locale.ROOT, "; %,d answers named no winner and count as ties", undecided)
                        : "");
    }

    @Override
    public int atOnce() {
        return 1;
    }

    @Override
    public List<Verdict> judge(List<Question> questions) {
        List<Verdict> verdicts = new ArrayList<>();
        for (Question question : questions) {
            verdicts.add(ask(question));
        }
        return verdicts;
    }

    private Verdict ask(Question question) {
        HttpRequest request = request(question);
        Duration pause = config.pause();
        String failure = "";
        for (int attempt = 1; attempt <= config.attempts(); attempt++) {
            if (attempt > 1) {
                sleep(pause);
                pause = pause.multipliedBy(2);
            }
            calls++;
            try {
                HttpResponse<String> response = send(request);
                int status = response.statusCode();
                if (status == 200) {
                    return verdict(response.body());
                }
                failure = "status " + status;
                if (status != 429 && status < 500) {
                    throw new InputException(
                            config.url() + ": the judge answered " + failure + ": " + excerpt(response.body()));
                }
            } catch (IOException e) {
                failure = e.getMessage() == null ? e.toString() : e.getMessage();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while the judge was asked", e);
            }
        }
        throw new InputException(config.url() + ": no answer from the judge after " + config.attempts()
                + " attempts, the last: " + failure + "; what was answered before is in the cache");
    }

    /// The answer to a request. [HttpRequest.Builder#timeout] would end with the headers.
    private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        var answer = client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
        long end = System.nanoTime() + config.patience().toNanos();
        try {
            while (true) {
                try {
                    return answer.get(MOMENT, TimeUnit.NANOSECONDS);
                } catch (TimeoutException _) {
                    stopIfCancelled();
                    if (System.nanoTime() > end) {
                        throw new IOException(
                                "nothing came in " + config.patience().toSeconds() + " s");
                    }
                }
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    private HttpRequest request(Question question) {
        ObjectNode body = JsonMapper.shared().createObjectNode();
        body.put("model", config.model());
        body.put("temperature", 0);
        var messages = body.putArray("messages");
        messages.addObject().put("role", "system").put("content", INSTRUCTION);
        messages.addObject()
                .put("role", "user")
                .put(
                        "content",
                        "Prompt:\n" + question.prompt() + "\n\nFirst response (A):\n" + question.first()
                                + "\n\nSecond response (B):\n" + question.second());
        HttpRequest.Builder builder = HttpRequest.newBuilder(address(config.url()))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        return (config.key().isEmpty() ? builder : builder.header("Authorization", "Bearer " + config.key())).build();
    }

    private Verdict verdict(String body) {
        JsonNode answer;
        try {
            answer = JsonMapper.shared().readTree(body);
        } catch (JacksonException e) {
            throw new InputException(config.url() + ": the judge's answer is not JSON: " + excerpt(body), e);
        }
        JsonNode message = answer.path("choices").path(0).path("message");
        if (!message.isObject()) {
            // Some gateways tell of an error with status 200; it must not pass for a tie.
            throw new InputException(config.url() + ": the judge's answer is no chat completion: " + excerpt(body));
        }
        promptTokens += answer.path("usage").path("prompt_tokens").asLong(0);
        answerTokens += answer.path("usage").path("completion_tokens").asLong(0);
        String text = message.path("content").asString("");
        String last = "";
        for (Matcher matcher = ANSWER.matcher(text); matcher.find(); ) {
            last = matcher.group(1);
        }
        // A judge that does not decide says that neither is better.
        return switch (last) {
            case "A" -> Verdict.FIRST;
            case "B" -> Verdict.SECOND;
            case "C" -> Verdict.TIE;
            default -> {
                undecided++;
                yield Verdict.TIE;
            }
        };
    }

    /// The beginning of a text on one line.
    private static String excerpt(String body) {
        String line = body.strip().replaceAll("\\s+", " ");
        return line.length() <= EXCERPT ? line : line.substring(0, EXCERPT) + "…";
    }

    private void stopIfCancelled() {
        if (cancelled.getAsBoolean()) {
            throw new InterruptedRunException(config.url()
                    + ": stopped while the judge gave no answer; what was answered before is in the cache");
        }
    }

    private void sleep(Duration pause) {
        long end = System.nanoTime() + pause.toNanos();
        try {
            for (long left = pause.toNanos(); left > 0; left = end - System.nanoTime()) {
                stopIfCancelled();
                Thread.sleep(Duration.ofNanos(Math.min(left, MOMENT)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the judge", e);
        }
    }
}
