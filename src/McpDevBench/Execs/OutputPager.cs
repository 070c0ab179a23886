namespace McpDevBench.Execs;

/// <summary>A part of a log, as clients read it.</summary>
/// <param name="Next">Where reading goes on.</param>
/// <param name="Dropped">Bytes within this part that the log no longer has.</param>
/// <param name="Remaining">Bytes after this part that did not fit.</param>
/// <param name="Skipped">Bytes of lines that were asked for and did not fit before those that are here.</param>
internal sealed record OutputSlice(
    IReadOnlyList<OutputMessage> Messages, OutputPosition Next, long Dropped = 0, long Remaining = 0, long Skipped = 0)
{
    /// <summary>Lines up to <see cref="Next"/> that <see cref="PollRequest.Grep"/> does not match.</summary>
    public long Unmatched { get; init; }

    /// <summary>Lines that <see cref="PollRequest.Grep"/> saw in pieces, because they are very long.</summary>
    public int InPieces { get; init; }

    /// <summary>The line that alone is longer than an answer may be, if there is one.</summary>
    public CutLine? Cut { get; init; }

    public long NextSeq => Next.ToNumber();
}

/// <param name="Before">Where the line begins.</param>
/// <param name="Bytes">Bytes of it that are left out.</param>
internal sealed record CutLine(OutputPosition Before, long Bytes);

/// <summary>Turns a log's bytes into what clients read: pages, and head and tail.</summary>
internal static class OutputPager
{
    // Control sequences are a few characters; a terminal that is read byte by byte has each in a piece of its own.
    private const int AnsiLookBehind = 64;

    // The lines that state how much is left out.
    private const int MarkBytes = 128;

    public static string NameOf(byte stream) => stream == 1 ? "stdout" : "stderr";

    /// <summary>
    /// The pieces after <see cref="PollRequest.AfterSeq"/> that fit. Where the first one alone does not: its beginning, a character at
    /// least.
    /// </summary>
    public static OutputSlice Page(OutputLog log, PollRequest request)
    {
        var after = request.After;
        var messages = new MessageList(request);
        AnsiFilter[]? filters = request.StripAnsi ? [new(), new()] : null;
        var (taken, dropped, remaining) = (0L, 0L, 0L);
        var (next, end) = (after, -1L);
        var from = filters is null ? after.Seq : Math.Max(-1, after.Seq - AnsiLookBehind);
        log.Read(from, (in OutputRecord found, ReadOnlySpan<byte> content) =>
        {
            var record = found;
            var before = found.Seq <= after.Seq;
            var gap = before || record.Seq == next.Seq + 1 ? 0 : BytesBetween(log, end, record);
            end = record.End;
            if (record.Seq == after.Seq + 1 && after.Bytes > 0)
            {
                var read = content[..Math.Min(after.Bytes, content.Length)];
                filters?[record.Stream - 1].Apply(record.Text(read));
                record = record.Behind(read);
                content = content[read.Length..];
                before = content.IsEmpty;
            }
            else if (before && !request.Base64)
            {
                filters?[record.Stream - 1].Apply(record.Text(content));
            }
            if (before || (request.Stream is not null && NameOf(record.Stream) != request.Stream))
            {
                (next, dropped) = (record.Seq > next.Seq ? new(record.Seq) : next, dropped + gap);
                return true;
            }
            var filter = filters?[record.Stream - 1];
            var text = request.Base64 ? "" : record.Text(content);
            var rest = taken > 0 || request.Base64 ? null : new OutputPiece(record, filter?.Copy());
            text = filter?.Apply(text) ?? text;
            var size = messages.SizeOf(record, text, content);
            if (taken + size <= request.MaxBytes || (content.IsEmpty && taken == 0))
            {
                messages.Add(record, text, content);
                taken += size;
                (next, dropped) = (new(record.Seq), dropped + gap);
                return true;
            }
            remaining = Rest(log, record, request.Stream);
            if (taken > 0 || request.MaxBytes == 0)
                return false;
            (text, var bytes) = rest?.Begin(content, request.MaxBytes)
                ?? ("", Math.Min(content.Length, Math.Max(1, request.MaxBytes / 4 * 3)));
            messages.Add(record, text, content[..bytes]);
            var offset = found.Length - content.Length + bytes;
            (next, dropped) = (offset == found.Length ? new(record.Seq) : new(record.Seq - 1, offset), dropped + gap);
            remaining -= bytes;
            return false;
        });
        return new OutputSlice(messages.ToMessages(), next, dropped, remaining);
    }

    /// <summary>Both streams in full if they fit into <paramref name="maxBytes"/>; otherwise the beginning and the end of each.</summary>
    public static OutputSummary HeadAndTail(OutputLog log, int maxBytes)
    {
        var stderrShare = (int)Math.Min(log.StderrBytes, Math.Max(maxBytes / 2, maxBytes - log.StdoutBytes));
        var stdout = new HeadAndTail(maxBytes - stderrShare);
        var stderr = new HeadAndTail(stderrShare);
        var nextSeq = -1L;
        var (stdoutSeen, stderrSeen) = (0L, 0L);
        log.Read(-1, (in OutputRecord record, ReadOnlySpan<byte> content) =>
        {
            // What is missing before this piece was dropped from the middle.
            stdout.Dropped += record.StdoutBefore - stdoutSeen;
            stderr.Dropped += record.StderrBefore - stderrSeen;
            (stdoutSeen, stderrSeen) = (record.StdoutBefore, record.StderrBefore);
            if (record.Stream == 1)
                stdoutSeen += content.Length;
            else
                stderrSeen += content.Length;
            (record.Stream == 1 ? stdout : stderr).Add(record.Seq, content);
            nextSeq = record.Seq;
            return true;
        });
        // While more may come, a character that lacks its end is not shown yet.
        var (moreOut, moreErr) = (log.UnfinishedBytes(1), log.UnfinishedBytes(2));
        var (outText, errText) = (stdout.ToText(moreOut), stderr.ToText(moreErr));
        // As JSON, line ends and quotes take two bytes, control characters six.
        var (outJson, errJson, maxJson) = (JsonSize.Of(outText), JsonSize.Of(errText), maxBytes + (maxBytes / 4) + MarkBytes);
        if (outJson + errJson > maxJson)
        {
            var errShare = Math.Min(errJson, Math.Max(maxJson / 2, maxJson - outJson));
            (outText, errText) = (stdout.ToText(moreOut, maxJson - errShare), stderr.ToText(moreErr, errShare));
        }
        return new OutputSummary(outText, errText, nextSeq, stdout.Omitted + stderr.Omitted, Math.Min(stdout.HeadSeq, stderr.HeadSeq));
    }

    private static long BytesBetween(OutputLog log, long end, in OutputRecord next) => end < 0 ? log.DroppedBytes : next.Offset - end;

    private static long Rest(OutputLog log, in OutputRecord from, string? stream)
    {
        var present = stream switch
        {
            "stdout" => log.StdoutBytes - from.StdoutBefore,
            "stderr" => log.StderrBytes - from.StderrBefore,
            _ => log.EndOffset - from.Offset,
        };
        return Math.Max(0, stream is null && from.Offset < log.GapEnd ? present - log.DroppedBytes : present);
    }
}
