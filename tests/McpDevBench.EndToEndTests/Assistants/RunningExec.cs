using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpDevBench.EndToEndTests.Assistants;

/// <summary>A command that was started, by its handle.</summary>
public sealed class RunningExec(Assistant assistant, string id)
{
    public string Id { get; } = id;

    /// <summary>The messages after <paramref name="after"/>: -1 is the beginning.</summary>
    public Task<Polled> Poll(long after = -1, int waitMs = 0, params (string Name, JsonNode? Value)[] with) =>
        assistant.Call("exec_poll", ResultsJson.Default.Polled, [("exec_id", Id), ("after_seq", after), ("wait_ms", waitMs), .. with]);

    public Task<JsonElement> Input(string data, bool eof = false) =>
        assistant.Call("exec_input", ("exec_id", Id), ("data", data), ("eof", eof));

    /// <summary>One step of a conversation: input, and the answer to it.</summary>
    public Task<Answered> Ask(string data, params (string Name, JsonNode? Value)[] with) =>
        assistant.Call("exec_input", ResultsJson.Default.Answered, [("exec_id", Id), ("data", data), .. with]);

    public Task<JsonElement> Signal(string signal) => assistant.Call("exec_signal", ("exec_id", Id), ("signal", signal));

    public Task<ExecState> Cancel(double graceS) =>
        assistant.Call("exec_cancel", ResultsJson.Default.ExecState, ("exec_id", Id), ("grace_s", graceS));

    /// <summary>Reads on until the output has the text.</summary>
    public async Task<Transcript> ReadUntil(string text, Transcript? before = null)
    {
        var transcript = before ?? new Transcript();
        while (!transcript.All.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(transcript.Complete, $"ended without '{text}':\n{transcript.All}");
            transcript.Add(await PollPieces(transcript.LastSeq, ("until", "output"), ("wait_ms", 10_000)));
        }
        return transcript;
    }

    /// <summary>Reads on until the exec has ended and everything is there.</summary>
    public async Task<Transcript> ReadToEnd(Transcript? before = null)
    {
        var transcript = before ?? new Transcript();
        while (!transcript.Complete)
            transcript.Add(await PollPieces(transcript.LastSeq, ("wait_ms", 25_000), ("max_bytes", 262_144)));
        return transcript;
    }

    /// <summary>The pieces after <paramref name="after"/>, each by itself.</summary>
    public Task<Polled> PollPieces(long after, params (string Name, JsonNode? Value)[] with) =>
        assistant.Call("exec_poll", ResultsJson.Default.Polled, [("exec_id", Id), ("after_seq", after), ("details", true), .. with]);

    /// <summary>Waits for the end, without reading what it wrote on the way.</summary>
    public async Task<Polled> Ended()
    {
        while (true)
        {
            var end = await PollPieces(-1, ("wait_ms", 10_000), ("until", "exit"), ("tail_lines", 1));
            if (end.Outcome is not null)
                return end;
        }
    }
}

/// <summary>What was read of an exec, page after page: every message once, in order, without a gap.</summary>
public sealed class Transcript
{
    private readonly StringBuilder _all = new();
    private readonly StringBuilder _stdout = new();
    private readonly StringBuilder _stderr = new();

    public long LastSeq { get; private set; } = -1;

    public bool Complete { get; private set; }

    public Polled? Last { get; private set; }

    public string All => _all.ToString();

    public string Stdout => _stdout.ToString();

    public string Stderr => _stderr.ToString();

    public void Add(Polled page)
    {
        foreach (var message in page.Messages)
        {
            Assert.Equal(LastSeq + 1, message.Seq);
            LastSeq = message.Seq;
            _all.Append(message.Data);
            (message.Stream == "stderr" ? _stderr : _stdout).Append(message.Data);
        }
        Complete = page.Complete;
        Last = page;
    }
}
