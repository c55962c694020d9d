package dev.daa.bench.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The `./daa` script in a project of its own, with a JDK and a Maven that only say how they were called.
final class LauncherTest {
    @TempDir
    Path folder;

    private Path project;

    private record Outcome(int code, String out, String err) {}

    @BeforeEach
    void copyTheLauncher() throws IOException {
        Path script = Path.of("..", "daa");
        assumeTrue(Files.isExecutable(script) && Files.exists(Path.of("/bin/bash")), "the launcher needs bash");
        project = Files.createDirectories(folder.resolve("project"));
        Files.copy(script, project.resolve("daa"), StandardCopyOption.COPY_ATTRIBUTES);
        source("compute", "Graph.java");
        source("cli", "Main.java");
        Files.writeString(project.resolve("pom.xml"), "");
    }

    private Path source(String module, String name) throws IOException {
        Path sources = Files.createDirectories(project.resolve(module).resolve("src/main/java"));
        return Files.writeString(sources.resolve(name), "");
    }

    private static Path script(Path file, String body) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/bash\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
    }

    private Path jdk(String version) throws IOException {
        Path home = folder.resolve("jdk-" + version);
        script(
                home.resolve("bin/java"),
                "echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2; echo a real warning >&2;"
                        + " printf '%s\\n' \"$@\"; exit 7");
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private Path jar(Instant built) throws IOException {
        Path jar = Files.createDirectories(project.resolve("cli/target")).resolve("daa.jar");
        Files.writeString(jar, "");
        return Files.setLastModifiedTime(jar, FileTime.from(built));
    }

    private Outcome daa(Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(project.resolve("daa").toString()));
        command.addAll(List.of(arguments));
        return outcome(environment, command);
    }

    private Outcome outcome(Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        Path err = folder.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
        builder.environment().remove("JAVA_HOME");
        builder.environment().remove("TORNADOVM_HOME");
        builder.environment().remove("DAA_JAVA_OPTIONS");
        builder.environment().putAll(environment);
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), out, Files.readString(err));
    }

    @Test
    void startsTheJarWithItsFlagsAndKeepsTheExitCode() throws IOException, InterruptedException {
        Path jar = jar(Instant.now().plusSeconds(60));
        Outcome outcome = daa(Map.of("JAVA_HOME", jdk("25.0.3").toString()), "fit", "--points", "a file.csv");
        assertThat(outcome.code()).isEqualTo(7);
        assertThat(outcome.out().lines())
                .contains("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED")
                .containsSubsequence("-jar", jar.toRealPath().toString(), "fit", "--points", "a file.csv");
    }

    @Test
    void hidesTheIncubatorLineAndNothingElse() throws IOException, InterruptedException {
        jar(Instant.now().plusSeconds(60));
        Outcome outcome = daa(Map.of("JAVA_HOME", jdk("25").toString()));
        // The filter ends a moment after the JVM that it listens to.
        for (int wait = 0; wait < 1000 && Files.size(folder.resolve("err")) == 0; wait++) {
            Thread.sleep(5);
        }
        assertThat(folder.resolve("err")).hasContent("a real warning\n");
        assertThat(outcome.code()).isEqualTo(7);
    }

    @Test
    void passesOverAJavaOfAnotherRelease() throws IOException, InterruptedException {
        jar(Instant.now().plusSeconds(60));
        Path empty = Files.createDirectories(folder.resolve("home"));
        Outcome outcome = daa(Map.of("JAVA_HOME", jdk("17.0.15").toString(), "HOME", empty.toString()), "--version");
        // Either a JDK 25 of this machine was found, or the line says how to get one; never the 17.
        assertThat(outcome.out()).doesNotContain("-jar");
        if (outcome.code() == 2) {
            assertThat(outcome.err()).startsWith("daa: no JDK 25 found; install one (");
        }
    }

    /// As under cron or `env -i`.
    @Test
    void needsNoHome() throws IOException, InterruptedException {
        jar(Instant.now().plusSeconds(60));
        Path script = project.resolve("daa");
        Files.writeString(script, Files.readString(script).replaceFirst("\n", "\nunset HOME\n"));
        Outcome outcome = daa(Map.of("JAVA_HOME", jdk("25").toString()), "--version");
        assertThat(outcome.err()).doesNotContain("HOME");
        assertThat(outcome.code()).isEqualTo(7);
    }

    /// Else Java takes ü in the name of a file for two unknown characters, and finds no such file.
    @Test
    void filesMayHaveAnyNameInTheLocaleOfAContainer() throws IOException, InterruptedException {
        jar(Instant.now().plusSeconds(60));
        Path jdk = jdk("25");
        script(jdk.resolve("bin/java"), "echo \"$(locale charmap)\" \"${LC_ALL:-}\"");
        Map<String, String> plain = Map.of("JAVA_HOME", jdk.toString(), "LC_ALL", "C");
        assertThat(daa(plain).out().strip()).isEqualTo("UTF-8 C.UTF-8");
    }

    @Test
    void addsTheFlagsOfTornadoVmAndOfTheUser() throws IOException, InterruptedException {
        jar(Instant.now().plusSeconds(60));
        Outcome outcome = daa(Map.of(
                "JAVA_HOME", jdk("25").toString(), "TORNADOVM_HOME", "/sdk", "DAA_JAVA_OPTIONS", "-Xmx1g -Dx=y"));
        assertThat(outcome.out().lines())
                .contains("@/sdk/tornado-argfile", "-Dtornado.recover.bailout=False", "-Xmx1g", "-Dx=y");
    }

    @Test
    void buildsAJarThatIsMissingOrOlderThanASource() throws IOException, InterruptedException {
        Path maven = script(
                folder.resolve("bin/mvn"), "mkdir -p cli/target; touch cli/target/daa.jar; echo called >> maven-calls");
        Map<String, String> environment =
                Map.of("JAVA_HOME", jdk("25").toString(), "PATH", maven.getParent() + ":" + System.getenv("PATH"));
        assertThat(daa(environment).err()).startsWith("building daa.jar (once, about a minute) …\n");
        assertThat(daa(environment).err()).doesNotContain("building");
        Files.setLastModifiedTime(
                source("compute", "Graph.java"), FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(daa(environment).err()).startsWith("building");
        assertThat(Files.readAllLines(project.resolve("maven-calls"))).hasSize(2);
    }

    /// A JDK 25 that writes the cache it is asked for.
    private Path jdkWithCache() throws IOException {
        Path home = jdk("25");
        script(
                home.resolve("bin/java"),
                "for it; do [[ $it == -XX:AOTCacheOutput=* ]] && { touch \"${it#*=}\"; exit 0; }; done;"
                        + " printf '%s\\n' \"$@\"");
        return home;
    }

    @Test
    void startsFromTheClassesOfAShortRunThatFollowsTheBuild() throws IOException, InterruptedException {
        Path maven =
                script(folder.resolve("bin/mvn"), "mkdir -p cli/target; touch -d '1 minute ago' cli/target/daa.jar");
        Map<String, String> environment =
                Map.of("JAVA_HOME", jdkWithCache().toString(), "PATH", maven.getParent() + ":" + System.getenv("PATH"));
        String flag = "-XX:AOTCache=" + project.toRealPath().resolve("cli/target/daa.aot");
        Files.setLastModifiedTime(
                source("compute", "Graph.java"), FileTime.from(Instant.now().minusSeconds(600)));
        assertThat(daa(environment).out().lines()).contains(flag);
        assertThat(daa(environment, "--version").out().lines()).contains(flag, "--version");
    }

    /// A jar that Maven built since, and TornadoVM's modules, do not suit it.
    @Test
    void leavesOutClassesOfAnotherJar() throws IOException, InterruptedException {
        Path jar = jar(Instant.now().plusSeconds(60));
        Path cache = Files.writeString(jar.resolveSibling("daa.aot"), "");
        Map<String, String> environment = Map.of("JAVA_HOME", jdk("25").toString());
        assertThat(daa(environment).out()).doesNotContain("AOTCache");
        Files.setLastModifiedTime(cache, FileTime.from(Instant.now().plusSeconds(120)));
        assertThat(daa(environment).out()).contains("AOTCache");
        assertThat(daa(Map.of("JAVA_HOME", jdk("25").toString(), "TORNADOVM_HOME", "/sdk"))
                        .out())
                .contains("@/sdk/tornado-argfile")
                .doesNotContain("AOTCache");
    }

    @Test
    void saysWhyABuildFailed() throws IOException, InterruptedException {
        Path maven = script(folder.resolve("bin/mvn"), "echo '[ERROR] Graph.java:[7,13] error: broken'; exit 1");
        Outcome outcome =
                daa(Map.of("JAVA_HOME", jdk("25").toString(), "PATH", maven.getParent() + ":" + System.getenv("PATH")));
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err())
                .contains("[ERROR] Graph.java:[7,13] error: broken\n")
                .contains("daa: the build failed; the whole log: ");
        assertThat(outcome.out()).isEmpty();
    }

    /// A Maven, and a Java that prints the jar.
    private Map<String, String> buildingBy(String maven) throws IOException {
        Path jdk = jdk("25");
        script(jdk.resolve("bin/java"), "cat '" + project.resolve("cli/target/daa.jar") + "'");
        Path program = script(folder.resolve("bin/mvn"), "echo called >> maven-calls; " + maven);
        return Map.of("JAVA_HOME", jdk.toString(), "PATH", program.getParent() + ":" + System.getenv("PATH"));
    }

    @Test
    void ofTwoStartedTogetherOneBuildsAndTheOtherWaits() throws IOException, InterruptedException {
        Path both = script(
                project.resolve("both"), "'" + project.resolve("daa") + "' & '" + project.resolve("daa") + "'; wait");
        Outcome outcome = outcome(
                buildingBy("echo half > cli/target/daa.jar; sleep 2; echo whole > cli/target/daa.jar"),
                List.of(both.toString()));
        assertThat(outcome.out()).isEqualTo("whole\nwhole\n");
        assertThat(outcome.err()).contains("another daa is building daa.jar; waiting for it …\n");
        assertThat(project.resolve("maven-calls")).hasContent("called");
        assertThat(project.resolve("cli/target/building")).doesNotExist();
    }

    @Test
    void halfAJarIsBuiltAgain() throws IOException, InterruptedException {
        assertThat(daa(buildingBy("echo half > cli/target/daa.jar; exit 130")).code())
                .as("interrupted")
                .isEqualTo(130);
        assertThat(project.resolve("cli/target/daa.jar")).doesNotExist();
        // As a kill leaves it.
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        Path jar = jar(Instant.now().plusSeconds(60));
        Files.writeString(jar.resolveSibling("building"), ended.pid() + "\n");
        assertThat(daa(buildingBy("echo whole > cli/target/daa.jar")).out()).isEqualTo("whole\n");
        assertThat(jar.resolveSibling("building")).doesNotExist();
    }

    /// Or where git refuses a checkout that belongs to another user.
    @Test
    void buildsWithoutGit() throws IOException, InterruptedException {
        Map<String, String> environment = buildingBy("echo \"$*\" > cli/target/daa.jar");
        script(folder.resolve("bin/git"), "exit 128");
        assertThat(daa(environment).out()).contains(" -Dgit.absent=true");
        script(folder.resolve("bin/git"), "exit 0");
        Files.delete(project.resolve("cli/target/daa.jar"));
        assertThat(daa(environment).out()).contains(" package ").doesNotContain("git.absent");
    }
}
