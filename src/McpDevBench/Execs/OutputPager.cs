using System.Text;
using System.Text.RegularExpressions;

namespace McpDevBench.Execs;

/// <summary>Turns a log's bytes into what clients read: pages of text messages, lines, or head and tail.</summary>
internal static class OutputPager
{
    private static readonly TimeSpan GrepPatience = TimeSpan.FromSeconds(2);

    public static string NameOf(byte stream) => stream == 1 ? "stdout" : "stderr";

    /// <param name="growing">More may come: a piece that ends within a character is held back until the rest is there.</param>
    public static (List<OutputMessage> Messages, long NextSeq, long Remaining) Page(OutputLog log, PollRequest request, bool growing)
    {
        if (request.TailLines is not null || request.Grep is not null)
            return Lines(log, request);
        var messages = new List<OutputMessage>();
        var pending = new List<(OutputRecord Record, byte[] Content)>();
        var (taken, nextSeq, end) = (0L, request.AfterSeq, 0L);
        log.Read(request.AfterSeq, (in OutputRecord record, ReadOnlySpan<byte> content) =>
        {
            if (request.Stream is not null && NameOf(record.Stream) != request.Stream)
            {
                if (pending.Count == 0)
                    (nextSeq, end) = (record.Seq, record.Offset + record.Length);
                return true;
            }
            if (taken > 0 && taken + content.Length > request.MaxBytes)
            {
                Complete(pending, record.Stream, content);
                return pending.Exists(item => Utf8Text.Unfinished(item.Content) > 0) && taken < request.MaxBytes + (4 * OutputRecord.MostLength);
            }
            Complete(pending, record.Stream, content);
            pending.Add((record, content.ToArray()));
            taken += content.Length;
            return true;
        });
        foreach (var (record, content) in pending)
        {
            if (growing && Utf8Text.Unfinished(content) > 0 && record.Seq + 1 == log.NextSeq)
                break;
            // What goes on with a character of an earlier piece was shown there.
            var text = content.AsSpan(record.Seq == 0 ? 0 : Utf8Text.Continuation(content));
            messages.Add(new OutputMessage(record.Seq, NameOf(record.Stream), Utf8Text.Decode(text), Time(record)));
            (nextSeq, end) = (record.Seq, record.Offset + record.Length);
        }
        return (messages, nextSeq, Math.Max(0, end == 0 && messages.Count == 0 && nextSeq == request.AfterSeq ? 0 : log.EndOffset - end));
    }

    /// <summary>Both streams in full if they fit into <paramref name="mostBytes"/>; otherwise the beginning and the end of each.</summary>
    public static (string Stdout, string Stderr, long NextSeq, long Omitted) HeadAndTail(OutputLog log, int mostBytes)
    {
        var stderrShare = (int)Math.Min(log.StderrBytes, Math.Max(mostBytes / 2, mostBytes - log.StdoutBytes));
        var stdout = new HeadAndTail(mostBytes - stderrShare);
        var stderr = new HeadAndTail(stderrShare);
        var nextSeq = -1L;
        var (stdoutSeen, stderrSeen) = (0L, 0L);
        log.Read(-1, (in OutputRecord record, ReadOnlySpan<byte> content) =>
        {
            // What is missing before this piece was dropped from the middle.
            stdout.Dropped += record.StdoutBefore - stdoutSeen;
            stderr.Dropped += record.Offset - record.StdoutBefore - stderrSeen;
            (stdoutSeen, stderrSeen) = (record.StdoutBefore, record.Offset - record.StdoutBefore);
            if (record.Stream == 1)
                stdoutSeen += content.Length;
            else
                stderrSeen += content.Length;
            (record.Stream == 1 ? stdout : stderr).Add(content);
            nextSeq = record.Seq;
            return true;
        });
        return (stdout.ToString(), stderr.ToString(), nextSeq, stdout.Omitted + stderr.Omitted);
    }

    /// <summary>Gives the last piece of the same stream the bytes that its last character lacks.</summary>
    private static void Complete(List<(OutputRecord Record, byte[] Content)> pending, byte stream, ReadOnlySpan<byte> next)
    {
        for (var i = pending.Count - 1; i >= 0; i--)
        {
            if (pending[i].Record.Stream != stream)
                continue;
            if (Utf8Text.Unfinished(pending[i].Content) > 0)
                pending[i] = (pending[i].Record, [.. pending[i].Content, .. next[..Utf8Text.Continuation(next)]]);
            return;
        }
    }

    private static (List<OutputMessage> Messages, long NextSeq, long Remaining) Lines(OutputLog log, PollRequest request)
    {
        var pattern = request.Grep is { } grep ? Compile(grep) : null;
        var kept = new LinkedList<OutputMessage>();
        var (bytes, left) = (0L, 0L);
        var partial = new (List<byte> Bytes, OutputRecord First)[] { ([], default), ([], default) };
        log.Read(request.AfterSeq, (in OutputRecord record, ReadOnlySpan<byte> content) =>
        {
            if (request.Stream is not null && NameOf(record.Stream) != request.Stream)
                return true;
            ref var line = ref partial[record.Stream - 1];
            while (!content.IsEmpty)
            {
                if (line.Bytes.Count == 0)
                    line.First = record;
                var at = content.IndexOf((byte)'\n');
                line.Bytes.AddRange(at < 0 ? content : content[..(at + 1)]);
                content = at < 0 ? [] : content[(at + 1)..];
                if (at >= 0 || line.Bytes.Count > request.MaxBytes)
                    Take(ref line);
            }
            return true;
        });
        foreach (ref var line in partial.AsSpan())
            Take(ref line);
        return ([.. kept], Math.Max(request.AfterSeq, log.NextSeq - 1), left);

        void Take(ref (List<byte> Bytes, OutputRecord First) line)
        {
            if (line.Bytes.Count == 0)
                return;
            var text = Encoding.UTF8.GetString([.. line.Bytes]);
            line.Bytes.Clear();
            if (pattern?.IsMatch(text.TrimEnd('\r', '\n')) == false)
                return;
            kept.AddLast(new OutputMessage(line.First.Seq, NameOf(line.First.Stream), text, Time(line.First)));
            bytes += text.Length;
            while (kept.Count > (request.TailLines ?? int.MaxValue) || (kept.Count > 1 && bytes > request.MaxBytes))
            {
                bytes -= kept.First!.Value.Data.Length;
                left += kept.Count > (request.TailLines ?? int.MaxValue) ? 0 : kept.First.Value.Data.Length;
                kept.RemoveFirst();
            }
        }
    }

    private static Regex Compile(string pattern)
    {
        try
        {
            // Without backtracking: a client's pattern must not be able to keep a processor busy.
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, GrepPatience);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new RefusalException(RefusalCode.InvalidArgument, $"grep='{pattern}' is no usable regular expression: {e.Message}", "Use a simpler pattern, without lookaround and backreferences; escape special characters with a backslash.", inner: e);
        }
    }

    private static DateTimeOffset Time(OutputRecord record) => DateTimeOffset.UnixEpoch.AddMicroseconds(record.UnixMicroseconds);
}
