using System.Text;
using McpDevBench.Execs;

namespace McpDevBench.Mcp;

internal sealed record UsageResult(long WallMs, long CpuMs, long MaxRssBytes, long StdoutBytes, long StderrBytes)
{
    public static UsageResult? Of(ExecUsage? usage) =>
        usage is null ? null : new(usage.WallMs, usage.CpuMs, usage.MaxRssBytes, usage.StdoutBytes, usage.StderrBytes);
}

/// <param name="Bytes">Bytes left out.</param>
/// <param name="Hint">How to get them.</param>
/// <param name="Dropped">Those of them that are not kept.</param>
internal sealed record TruncatedResult(long Bytes, string Hint, long? Dropped = null);

/// <summary>Output of one stream that follows each other.</summary>
internal sealed record MessageResult(long Seq, string Stream, string Data, string? Ts = null);

/// <summary>How tools ask for output, and show it.</summary>
internal static class OutputOptions
{
    /// <summary>With <c>until</c> and without <c>wait_ms</c>.</summary>
    public const int DefaultWaitMs = 10_000;

    public static PollUntil Until(string? until) => until switch
    {
        "output" => PollUntil.Output,
        "match" => PollUntil.Match,
        "exit" => PollUntil.Exit,
        _ => PollUntil.Settled,
    };

    public static int WaitMs(int? waitMs, string? until) => waitMs ?? (until is null ? 0 : DefaultWaitMs);

    public static RequestException NotWithBase64(string argument) => new(
        ErrorCode.InvalidArgument, $"{argument} works on text, and encoding is base64.", $"Leave out {argument}, or use encoding=utf8.");

    public static RequestException MatchWithoutGrep() => new(
        ErrorCode.InvalidArgument, "until=match needs grep.",
        "Give grep: a regular expression for the line to wait for, such as ^Listening");

    public static IReadOnlyList<MessageResult> Messages(OutputPage page, bool details) => [.. page.Output.Messages.Select(message =>
        new MessageResult(message.Seq, message.Stream, message.Data, details ? Words.Time(message.Timestamp) : null))];

    public static TruncatedResult? LeftOut(OutputPage page)
    {
        var output = page.Output;
        var hints = new List<string>();
        if (output.Remaining > 0)
            hints.Add(Words.Invariant($"Read on with after_seq={output.NextSeq}."));
        if (output.Skipped > 0)
            hints.Add("Earlier lines of tail_lines did not fit: raise max_bytes.");
        if (output.Cut is { } line)
            hints.Add(Words.Invariant(
                $"A line longer than max_bytes was cut: after_seq={line.Before.ToNumber()} without grep and tail_lines reads it."));
        if (output.Dropped > 0)
            hints.Add($"{Plural.Of(output.Dropped, "byte")} in the middle not kept: have the command write such an output to a file.");
        var bytes = output.Remaining + output.Skipped + output.Dropped + (output.Cut?.Bytes ?? 0);
        if (bytes == 0)
            return null;
        return new(bytes, string.Join(' ', hints), output.Dropped == 0 ? null : output.Dropped);
    }

    /// <summary>A note about the lines that grep left out, which next_seq is behind, or saw in pieces; null if there are none.</summary>
    public static string? Unmatched(OutputSlice output, long afterSeq, string? grep = null)
    {
        var notes = ((string?[])[LeftOutLines(output, afterSeq, grep), InPieces(output)]).OfType<string>();
        return string.Join(' ', notes) is { Length: > 0 } note ? note : null;
    }

    private static string? LeftOutLines(OutputSlice output, long afterSeq, string? grep)
    {
        if (output.Unmatched == 0)
            return null;
        var hint = Words.Invariant($"read them with after_seq={afterSeq} without grep.");
        var meant = GrepArgument.Note(grep) is { } note ? $" {note}" : "";
        return output.Messages.Count == 0
            ? $"No line matched grep; {Plural.Of(output.Unmatched, "line")} left out: {hint}{meant}"
            : $"{Plural.Of(output.Unmatched, "line")} not matched by grep left out: {hint}";
    }

    private static string? InPieces(OutputSlice output)
    {
        const int MaxText = UnfinishedLine.MaxText, MaxMatch = MaxText / 2;
        return output.InPieces == 0
            ? null
            : Words.Invariant($"{Plural.Of(output.InPieces, "line")} over {MaxText} characters matched in pieces: ")
                + Words.Invariant($"a match of more than {MaxMatch} characters can be missed there.");
    }

    /// <summary>Both streams in order, with a line where the stream changes.</summary>
    public static void Append(StringBuilder text, IReadOnlyList<MessageResult> messages)
    {
        var stream = "stdout";
        text.Append('\n');
        foreach (var message in messages)
        {
            if (message.Data.Length == 0)
                continue;
            if (message.Stream != stream)
                text.Append(text[^1] == '\n' ? "" : "\n").Append('[').Append(stream = message.Stream).Append("]\n");
            text.Append(message.Data);
        }
    }

    public static string UsageText(UsageResult? usage) => usage is null
        ? ""
        : Words.Invariant($" (CPU {usage.CpuMs / 1000.0:0.0} s, at most {usage.MaxRssBytes >> 20} MiB, ")
            + Words.Invariant($"stdout {Plural.Of(usage.StdoutBytes, "byte")}, stderr {Plural.Of(usage.StderrBytes, "byte")})");
}
