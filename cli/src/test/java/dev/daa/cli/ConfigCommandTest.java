package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.daa.compute.Capacity;
import dev.daa.compute.Graph;
import dev.daa.compute.InputException;
import dev.daa.compute.JointMemory;
import dev.daa.compute.LogitsMemory;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.ParameterLayout;
import dev.daa.train.config.Assignment;
import dev.daa.train.config.Setting;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.InterruptedRunException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

final class ConfigCommandTest {
    record Nested(
            @Setting(value = "first moment", byDefault = "0.9")
            double beta1) {}

    record Config(
            @Setting("updates") int steps,

            @Setting(value = "peak learning rate", byDefault = "1e-4", aliases = "lr")
            double learningRate,

            @Setting(value = "sizes", byDefault = "[1, 2]") List<Integer> sizes,

            @Setting(value = "optimizer", byDefault = "{}") Nested adam) {}

    @Command(name = "try")
    static final class Try extends ConfigCommand<Config> {
        private final List<Config> ran = new ArrayList<>();

        Try(Terminal terminal) {
            super(terminal, Config.class);
        }

        @Override
        void run(Config config, Interrupt interrupt) {
            ran.add(config);
            if (config.steps() == 13) {
                interrupt.request();
                throw new InterruptedRunException("stopped after step 7 of 13");
            }
        }

        @Override
        String plan(Config config) {
            return "needs 1 MiB\n";
        }
    }

    private final RecordedTerminal terminal = new RecordedTerminal(false);
    private final Try command = new Try(terminal.terminal());

    @Test
    void everyKeyIsAnOption() {
        assertThat(new CommandLine(command).execute("--steps", "7", "--lr=-0.5", "--adam.beta1", "-1"))
                .isZero();
        assertThat(command.ran).containsExactly(new Config(7, -0.5, List.of(1, 2), new Nested(-1)));
    }

    @Test
    void aDryRunPrintsTheResolvedConfigAndThePlan() {
        assertThat(new CommandLine(command).execute("--steps", "7", "--dry-run"))
                .isZero();
        assertThat(command.ran).isEmpty();
        assertThat(terminal.out()).isEqualTo("""
            steps: 7
            learning_rate: 1.0E-4
            sizes:
            - 1
            - 2
            adam:
              beta1: 0.9
            needs 1 MiB
            """);
    }

    /// What is left of Java's heap says nothing of a device.
    @Test
    void memoryOfADeviceIsNotComparedWithJavas() {
        ParameterLayout layout = new ParameterLayout("policy");
        layout.add("weight", 512, 512);
        Graph graph = new Graph().with(layout);
        Capacity capacity = Capacity.decoding(1, 1, 1);
        assertThat(ConfigCommand.memory(JointMemory.of(MemoryPlan.onDevice(graph, capacity, LogitsMemory.HOST))))
                .isEqualTo(
                        "# needs 1.0 MiB: parameters 1.0 MiB\n# of the device's memory; daa devices says how much there"
                                + " is\n");
        assertThat(ConfigCommand.memory(JointMemory.of(MemoryPlan.of(graph, capacity))))
                .matches("# needs 1.0 MiB: parameters 1.0 MiB\n# available [\\d,.]+ MiB of Java's memory\n");
    }

    @Test
    void helpListsEveryKeyWithMeaningAndDefault() {
        assertThat(command.keysHelp())
                .contains(
                        "Keys of the config, each also an option (without its section, too, where no other key has the"
                                + " name):")
                .anyMatch(line -> line.matches(" +--steps +updates \\(required\\)"))
                .anyMatch(line -> line.matches(" +--learning-rate \\(--lr\\) +peak learning rate \\[1e-4]"))
                .anyMatch(line -> line.matches(" +--sizes +sizes \\[1, 2]"))
                .anyMatch(line -> line.matches(" +--adam +optimizer \\(section\\)"))
                .anyMatch(line -> line.matches(" +--adam\\.beta1 +first moment \\[0\\.9]"));
    }

    @Test
    void anOptionThatIsNoSwitchNeedsAValue() {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ConfigCommand.options(Config.class, List.of("--lr", "--steps", "7")))
                .withMessage("--lr needs a value");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ConfigCommand.options(Config.class, List.of("--steps", "7", "--beta1")))
                .withMessage("--beta1 needs a value");
    }

    @Test
    void readsSwitchesAndRefusesStrayWords() {
        assertThat(ConfigCommand.options(Config.class, List.of("--resume", "--steps", "7", "--note=a=b")))
                .containsExactly(
                        new Assignment("resume", "true"), new Assignment("steps", "7"), new Assignment("note", "a=b"));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ConfigCommand.options(Config.class, List.of("--steps", "7", "8")))
                .withMessage("command line: found '8', expected --key value");
    }
}
