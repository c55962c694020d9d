package dev.daa.cli;

import dev.daa.compute.InputException;
import dev.daa.eval.gold.LengthControlledWinRate;
import dev.daa.eval.gold.WinRate;
import dev.daa.eval.judge.CachedJudge;
import dev.daa.eval.judge.CommandJudge;
import dev.daa.eval.judge.EndpointJudge;
import dev.daa.eval.judge.Judge;
import dev.daa.eval.judge.JudgedComparison;
import dev.daa.eval.judge.ResponsePairs;
import dev.daa.train.config.Setting;
import dev.daa.train.data.ResponseRow;
import dev.daa.train.run.Interrupt;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/// `daa judge`: win rate by a judge of one's own.
@Command(
        name = "judge",
        description = {
            "Win rate of responses against others, by a program or an OpenAI-compatible endpoint that you name.",
            "Each pair is asked in both orders; answers are kept in a cache; nothing is asked unless you run this."
        })
final class JudgeCommand extends ConfigCommand<JudgeCommand.Config> {
    /// Keys of the command.
    record Config(
            @Setting("responses of the policy, as `daa generate` writes them")
            Path data,

            @Setting("responses of the opponent to the same prompts")
            Path opponent,

            @Setting(
                    value = "program that reads {id,prompt,first,second} a line and writes {id,winner} a line; this or"
                            + " url",
                    byDefault = "null")
            @Nullable
            String command,

            @Setting(
                    value = "API of a chat model, such as http://localhost:8000/v1; this or command",
                    byDefault = "null")
            @Nullable
            String url,

            @Setting(value = "name of the model behind url, which needs it", byDefault = "null") @Nullable
            String judgeModel,

            @Setting(value = "environment variable with the API's key; none when empty", byDefault = "''")
            String keyVariable,

            @Setting(value = "attempts a question", byDefault = "5")
            int attempts,

            @Setting(value = "price of a million tokens read, for the cost that is printed", byDefault = "0")
            double promptPrice,

            @Setting(value = "price of a million tokens written", byDefault = "0")
            double answerPrice,

            @Setting(value = "file that keeps answers, so that nothing is asked twice", byDefault = "judge-cache.jsonl")
            Path cache) {
        Config {
            if ((command == null) == (url == null)) {
                throw new InputException(
                        "expected one of --command and --url, found " + (command == null ? "none" : "both"));
            }
            if (url != null) {
                EndpointJudge.requireAddress(url);
            }
            if (url != null && judgeModel == null) {
                throw new InputException("--url needs --judge-model, the name of the model behind it");
            }
            if (attempts < 1) {
                throw new InputException("attempts is " + attempts + ", expected at least 1");
            }
        }
    }

    JudgeCommand(Terminal terminal) {
        super(terminal, Config.class);
    }

    @Override
    String plan(Config config) {
        return "# asks " + 2 * pairs(config).pairs().size() + " questions at most\n";
    }

    @Override
    void run(Config config, Interrupt interrupt) {
        ResponsePairs pairs = pairs(config);
        Judge judge = new CachedJudge(judge(config, interrupt), config.cache(), interrupt::requested);
        JudgedComparison compared = JudgedComparison.of(pairs, judge);
        WinRate rate = compared.winRate();
        LengthControlledWinRate controlled = compared.lengthControlled();
        terminal()
                .out()
                .printf(
                        Locale.ROOT,
                        "win rate %.3f (95 %% %.3f to %.3f): %d wins, %d ties, %d losses%n"
                                + "at equal length %.3f, standard error %.3f%n"
                                + "both orders agree on %.1f %%; the first place wins %.1f %%%n%s%n",
                        rate.rate(),
                        rate.low(),
                        rate.high(),
                        rate.wins(),
                        rate.ties(),
                        rate.losses(),
                        controlled.rate(),
                        controlled.standardError(),
                        100 * compared.agreement(),
                        100 * compared.firstRate(),
                        compared.cost());
    }

    private ResponsePairs pairs(Config config) {
        List<ResponseRow> opponent = ResponseRow.read(config.opponent());
        ResponsePairs pairs = ResponsePairs.of(ResponseRow.read(config.data()), opponent);
        if (!pairs.surplus().isEmpty()) {
            terminal()
                    .err()
                    .printf(
                            Locale.ROOT,
                            "daa: %s: %,d of %,d responses are not compared, the first at %s: %s has no further"
                                    + " response to their prompts%n",
                            config.opponent(),
                            pairs.surplus().size(),
                            opponent.size(),
                            pairs.surplus().getFirst().place(),
                            config.data());
        }
        return pairs;
    }

    private static Judge judge(Config config, Interrupt interrupt) {
        if (config.command() != null) {
            return new CommandJudge(config.command(), interrupt::requested);
        }
        String key = "";
        if (!config.keyVariable().isEmpty()) {
            key = System.getenv(config.keyVariable());
            if (key == null) {
                throw new InputException("--key-variable: no environment variable " + config.keyVariable());
            }
            key = key.strip();
        }
        String url = String.valueOf(config.url());
        return new EndpointJudge(
                new EndpointJudge.Config(
                        url.endsWith("/") ? url.substring(0, url.length() - 1) : url,
                        String.valueOf(config.judgeModel()),
                        key,
                        config.attempts(),
                        Duration.ofSeconds(1),
                        Duration.ofMinutes(5),
                        config.promptPrice(),
                        config.answerPrice()),
                interrupt::requested);
    }
}
