package dev.daa.eval.record;

import dev.daa.compute.InputException;
import dev.daa.eval.gold.Concordance;
import dev.daa.model.checkpoint.DurableFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/// `points.csv`: one row per evaluated checkpoint, written so that reading gives the same bits.
///
/// A missing number is an empty field. Columns are found by name, in any order; those after `frontier_share` may be
/// absent, unknown ones are refused.
public final class PointsCsv {
    /// How many of the leading columns every file must have.
    private static final int REQUIRED = 16;

    private record Column(String name, Function<Point, String> text) {}

    private static final List<Column> COLUMNS = List.of(
            new Column("run", point -> point.cell().run()),
            new Column("objective", point -> point.cell().objective()),
            real("beta", point -> point.cell().beta()),
            new Column("size", point -> point.cell().size()),
            new Column("seed", point -> Long.toString(point.cell().seed())),
            new Column("step", point -> Integer.toString(point.step())),
            real("fraction", Point::fraction),
            mean("kl", measured -> measured.kl().exact()),
            error("kl_se", measured -> measured.kl().exact()),
            mean("gold", measured -> measured.rewards().gold()),
            error("gold_se", measured -> measured.rewards().gold()),
            mean("win_rate", measured -> measured.rewards().winRate()),
            error("win_rate_se", measured -> measured.rewards().winRate()),
            mean("length", measured -> measured.responses().length()),
            real("implicit_accuracy", point -> point.evaluation().heldOut().accuracy()),
            real("frontier_share", point -> point.evaluation().rewards().frontierShare()),
            mean("win_rate_sft", measured -> measured.rewards().winRateSft()),
            error("win_rate_sft_se", measured -> measured.rewards().winRateSft()),
            mean("forward_kl", measured -> measured.kl().forward()),
            error("forward_kl_se", measured -> measured.kl().forward()),
            mean("kl_k1", measured -> measured.kl().k1()),
            error("kl_k1_se", measured -> measured.kl().k1()),
            mean("kl_k3", measured -> measured.kl().k3()),
            error("kl_k3_se", measured -> measured.kl().k3()),
            real("loss", point -> point.evaluation().heldOut().loss()),
            mean("implicit_reward", measured -> measured.rewards().implicit()),
            error("implicit_reward_se", measured -> measured.rewards().implicit()),
            real("chosen_log_ratio", point -> point.evaluation().heldOut().chosenLogRatio()),
            real("rejected_log_ratio", point -> point.evaluation().heldOut().rejectedLogRatio()),
            real("entropy", point -> point.evaluation().responses().entropy()),
            error("length_se", measured -> measured.responses().length()),
            real("violations", point -> point.evaluation().responses().violations()),
            real("sentiment", point -> point.evaluation().responses().sentiment()),
            count("prompts", point -> point.evaluation().responses().prompts()),
            count("samples", point -> point.evaluation().responses().samples()),
            count("parameters", point -> point.cell().parameters()),
            new Column("method", point -> point.cell().method().key()),
            mean("proxy_reward", measured -> measured.rewards().proxy()),
            error("proxy_reward_se", measured -> measured.rewards().proxy()),
            real(
                    "proxy_agreement",
                    point -> point.evaluation().rewards().agreement().share()),
            new Column("proxy", point -> point.cell().proxy()),
            new Column(
                    "regime",
                    point -> point.cell().regime() == null
                            ? ""
                            : point.cell().regime().key()),
            mean("exact_gold", measured -> measured.rewards().exactGold()),
            error("exact_gold_se", measured -> measured.rewards().exactGold()),
            real("top_entropy", point -> point.evaluation().responses().topEntropy()),
            real("top_mass", point -> point.evaluation().responses().topMass()),
            count(
                    "agreement_pairs",
                    point -> point.evaluation().rewards().agreement().distinctPairs()));

    private PointsCsv() {}

    private static Column real(String name, Function<Point, Double> value) {
        return new Column(name, point -> {
            double number = value.apply(point);
            return Double.isNaN(number) ? "" : Double.toString(number);
        });
    }

    private static Column mean(String name, Function<Evaluation, Estimate> estimate) {
        return real(name, point -> estimate.apply(point.evaluation()).mean());
    }

    private static Column error(String name, Function<Evaluation, Estimate> estimate) {
        return real(name, point -> estimate.apply(point.evaluation()).standardError());
    }

    /// A count of things, of which 0 means "not recorded".
    private static Column count(String name, Function<Point, Number> count) {
        return new Column(name, point -> {
            long number = count.apply(point).longValue();
            return number == 0 ? "" : Long.toString(number);
        });
    }

    public static void write(Path file, List<Point> points) throws IOException {
        StringBuilder text = new StringBuilder();
        text.append(COLUMNS.stream().map(Column::name).collect(Collectors.joining(",")))
                .append('\n');
        for (Point point : points) {
            text.append(COLUMNS.stream()
                            .map(column -> CsvLine.quoted(column.text().apply(point)))
                            .collect(Collectors.joining(",")))
                    .append('\n');
        }
        DurableFile.write(file, text.toString());
    }

    /// Whether a file has the header of one that [#write] wrote; not where it cannot be read.
    public static boolean isHeadedAs(Path file) {
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            String first = lines.readLine();
            return first != null
                    && CsvLine.header(file, first).columns().containsAll(List.of("run", "objective", "size", "kl"));
        } catch (IOException unreadable) {
            return false;
        }
    }

    /// @throws InputException naming file, line and column of the first thing that cannot be read
    public static List<Point> read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        if (lines.isEmpty() || lines.getFirst().isBlank()) {
            throw InputException.of(
                    file.toString(),
                    "an empty file",
                    "a header",
                    "copy it again, or run the study again, which writes report/points.csv anew");
        }
        CsvLine.Header header = header(file, lines.getFirst());
        List<Point> points = new ArrayList<>(lines.size());
        for (int k = 1; k < lines.size(); k++) {
            if (!lines.get(k).isBlank()) {
                points.add(point(CsvLine.parse(header, k + 1, lines.get(k))));
            }
        }
        return points;
    }

    private static CsvLine.Header header(Path file, String line) {
        List<String> known = COLUMNS.stream().map(Column::name).toList();
        CsvLine.Header header = CsvLine.header(file, line);
        for (String name : header.columns()) {
            if (!known.contains(name)) {
                throw InputException.of(file + ":1", "column " + name, "one of " + String.join(", ", known), "");
            }
        }
        for (String name : known.subList(0, REQUIRED)) {
            if (!header.columns().contains(name)) {
                throw InputException.of(file + ":1", "no column " + name, "it in the header", "");
            }
        }
        return header;
    }

    /// Files without the column hold direct alignment only.
    private static Method method(CsvLine line) {
        if (line.has("method")) {
            return Method.of(line.place("method"), line.text("method"));
        }
        return line.text("objective").equals(Point.SFT) ? Method.SFT : Method.DIRECT;
    }

    private static Point point(CsvLine line) {
        Point.Cell cell = new Point.Cell(
                line.text("run"),
                method(line),
                line.text("objective"),
                line.real("beta"),
                line.text("size"),
                line.whole("parameters", 0),
                line.whole("seed"),
                line.words("proxy"),
                line.words("regime").isEmpty() ? null : Regime.of(line.place("regime"), line.words("regime")));
        Evaluation evaluation = new Evaluation(
                new Evaluation.Kl(
                        line.estimate("kl"),
                        line.estimate("kl_k1"),
                        line.estimate("kl_k3"),
                        line.estimate("forward_kl")),
                new Evaluation.Rewards(
                        line.estimate("gold"),
                        line.estimate("exact_gold"),
                        line.estimate("win_rate"),
                        line.estimate("win_rate_sft"),
                        line.estimate("implicit_reward"),
                        line.estimate("proxy_reward"),
                        new Concordance(line.real("proxy_agreement"), line.whole("agreement_pairs", 0)),
                        line.real("frontier_share")),
                new Evaluation.HeldOut(
                        line.real("implicit_accuracy"),
                        line.real("loss"),
                        line.real("chosen_log_ratio"),
                        line.real("rejected_log_ratio")),
                new Evaluation.Responses(
                        Math.toIntExact(line.whole("prompts", 0)),
                        Math.toIntExact(line.whole("samples", 0)),
                        line.estimate("length"),
                        line.real("entropy"),
                        line.real("top_entropy"),
                        line.real("top_mass"),
                        line.real("violations"),
                        line.real("sentiment")));
        return new Point(cell, Math.toIntExact(line.whole("step")), line.real("fraction"), evaluation);
    }
}
