using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>What a model reads of a command's output: every character once, few calls, and no more than it needs.</summary>
public sealed class ExecOutputTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const string Characters = "aé€😀ß漢\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Characters_that_are_written_byte_by_byte_arrive_whole(bool pty)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        // Each byte is written by itself, with stderr between the bytes where there is one.
        var program = $"""
            import os, time
            for byte in {Literal(Characters)} * 20:
                os.write(1, bytes([byte]))
                if not {(pty ? "True" : "False")}: os.write(2, b"\xc3\xa9\xf0\x9f\x98\x80"[byte % 6:byte % 6 + 1])
                time.sleep(0.001)
            """;
        var exec = await workspace.ExecStart(["python", "-c", program], ("pty", pty));
        var read = new Transcript();
        while (!read.Complete)
            read.Add(await exec.PollPieces(read.LastSeq, ("wait_ms", 1000), ("until", "output")));
        var expected = string.Concat(Enumerable.Repeat(Characters, 20));
        Assert.Equal(pty ? expected.Replace("\n", "\r\n", StringComparison.Ordinal) : expected, read.Stdout);

        var bytes = await exec.Poll(-1, 0, ("encoding", "base64"), ("stream", "stdout"), ("max_bytes", 262_144));
        Assert.Equal(read.Stdout, Encoding.UTF8.GetString(Convert.FromBase64String(Assert.Single(bytes.Messages).Data)));
        var errors = await exec.Poll(-1, 0, ("encoding", "base64"), ("stream", "stderr"), ("max_bytes", 262_144));
        var written = errors.Messages.SelectMany(message => Convert.FromBase64String(message.Data)).ToArray();
        Assert.Equal(read.Stderr, Encoding.UTF8.GetString(written));
    }

    [Fact]
    public async Task A_wait_that_ends_within_a_character_shows_it_when_it_is_whole_and_damaged_ones_as_replaced()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var answer = await workspace.Exec(
            @"printf 'a\303'; cat >/dev/null; printf '\251 \200\201 \360\237'", ("wait_ms", 300), ("stdin_open", true));
        Assert.Equal(("running", "a"), (answer.Status, answer.Stdout));
        var exec = assistant.Exec(answer.ExecId);
        await exec.Input("", eof: true);
        var read = new Transcript();
        while (!read.Complete)
            read.Add(await exec.PollPieces(read.LastSeq, ("until", "exit")));
        Assert.Equal("aé \uFFFD\uFFFD \uFFFD", read.Stdout);
        var raw = await workspace.Exec(@"printf 'a\303\251\200'; printf '\377' >&2", ("encoding", "base64"));
        Assert.Equal(("YcOpgA==", "/w=="), (raw.Stdout, raw.Stderr));
    }

    [Fact]
    public async Task A_long_output_of_short_lines_takes_a_few_polls()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var exec = await workspace.ExecStart(["python", "-uc", "import time\nfor i in range(1500): print('line', i); time.sleep(0.004)"]);
        var (text, polls, after) = (new StringBuilder(), 0, -1L);
        for (var complete = false; !complete; polls++)
        {
            var page = await exec.Poll(after, waitMs: 25_000);
            text.Append(page.Text);
            (after, complete) = (page.NextSeq, page.Complete);
            // Lines of one stream are one message.
            Assert.True(page.Messages.Count <= 1);
        }
        Assert.Equal(string.Concat(Enumerable.Range(0, 1500).Select(i => $"line {i}\n")), text.ToString());
        Assert.InRange(polls, 2, 40);
    }

    [Fact]
    public async Task A_poll_waits_for_what_it_is_asked_to_wait_for()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart("echo starting; read go; echo 'listening on 80'; read go; echo done", ("stdin_open", true));
        Assert.Equal("starting\n", (await exec.Poll(-1, 25_000)).Text);
        var waiting = exec.Poll(0, 25_000, ("until", "match"), ("grep", "^listening"));
        await exec.Input("go\n");
        var match = await waiting;
        Assert.Equal("listening on 80\n", match.Text);
        var ending = exec.Poll(match.NextSeq, 25_000, ("until", "exit"));
        await exec.Input("go\n");
        Assert.Equal(("done\n", true, 0), ((await ending).Text, (await ending).Complete, (await ending).ExitCode!.Value));

        Assert.Equal("", (await exec.Poll(-1, 0, ("until", "match"), ("grep", "no such line"))).Text);
        await Refused.With("invalid_argument", () => exec.Poll(-1, 0, ("until", "match")));
        await Refused.With("invalid_argument", () => exec.Poll(10_000));
        await Refused.With("invalid_argument", () => exec.Poll(-1, 0, ("encoding", "base64"), ("grep", "x")));
    }

    [Fact]
    public async Task A_conversation_with_an_interpreter_takes_a_call_for_each_step()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var python = await workspace.ExecStart(["python", "-i", "-q"], ("stdin_open", true));
        // Both prompts, the one before the line and the one after it: the first alone may come before the line is read.
        var first = await python.Ask("x = 6 * 7\n", ("wait_ms", 25_000), ("until", "match"), ("grep", ">>> >>> $"), ("after_seq", -1));
        Assert.EndsWith(">>> ", first.Text, StringComparison.Ordinal);
        for (var step = 1; step <= 3; step++)
        {
            // The prompt is on the line of the one before: an interpreter that reads a pipe writes no line end between them.
            var answer = await python.Ask($"print(x * {step})\n", ("wait_ms", 25_000), ("until", "match"), ("grep", "^>>> $"));
            Assert.Contains($"{42 * step}\n", answer.Text, StringComparison.Ordinal);
            Assert.EndsWith(">>> ", answer.Text, StringComparison.Ordinal);
        }
        // Without anything to wait for, the answer ends with a pause.
        Assert.Contains("43\n", (await python.Ask("print(x + 1)\n", ("wait_ms", 25_000))).Text, StringComparison.Ordinal);
        var end = await python.Ask("exit(3)\n", ("until", "exit"));
        Assert.Equal((true, 3), (end.Complete, end.ExitCode));
    }

    [Fact]
    public async Task A_terminal_is_read_without_its_control_sequences_on_request()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        const string Coloured = @"printf '\033[1;31mred\033[0m \033]0;title\007end\n'";
        Assert.Equal("red end\n", (await workspace.Exec(Coloured, ("strip_ansi", true))).Stdout);
        var exec = await workspace.ExecStart(Coloured, ("pty", true));
        Assert.Equal("red end\r\n", (await exec.Poll(-1, 25_000, ("until", "exit"), ("strip_ansi", true))).Text);
        Assert.Equal("red end\r\n", (await exec.Poll(-1, 0, ("grep", "^red end"), ("strip_ansi", true))).Text);
        Assert.Contains("\e[1;31m", (await exec.Poll()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stdin_of_a_command_that_ended_by_the_input_is_not_open()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart("read line; echo $line", ("stdin_open", true));
        var answer = await exec.Ask("hello\n", ("until", "exit"), ("wait_ms", 25_000));
        Assert.Equal(("hello\n", "exited", false), (answer.Text, answer.Outcome, answer.Open));
    }

    [Fact]
    public async Task Input_that_a_command_does_not_take_is_an_error_with_a_way_out()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var deaf = await workspace.ExecStart("sleep 1000");
        var refusal = await Refused.With("invalid_argument", () => deaf.Input("hello\n"));
        Assert.Contains("stdin_open=true", refusal.Hint, StringComparison.Ordinal);
        await Refused.With("invalid_argument", () => assistant.Call("exec_input", ("exec_id", deaf.Id)));
        var listening = await workspace.ExecStart("cat; sleep 1000", ("stdin_open", true));
        Assert.Equal("hello\n", (await listening.Ask("hello\n", ("wait_ms", 25_000))).Text);
        await listening.Input("", eof: true);
        await Refused.With("invalid_argument", () => listening.Input("more\n"));
    }

    [Fact]
    public async Task Input_that_a_command_does_not_read_is_answered_with_what_was_taken()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart("until [ -e go ]; do sleep 0.1; done; wc -c", ("stdin_open", true));
        var data = new string('x', 1_000_000);
        var first = await exec.Ask(data, ("eof", true));
        Assert.InRange(first.Bytes, 1, data.Length - 1);
        Assert.True(first.Open);
        await workspace.Write("go", "");
        var second = await exec.Ask(data[first.Bytes..], ("eof", true), ("until", "exit"), ("wait_ms", 25_000));
        Assert.Equal(("1000000\n", true), (second.Text, second.Complete));
    }

    [Fact]
    public async Task Progress_is_a_few_notifications_that_increase_and_have_every_character()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var slow = await Watch("exec", Run(
            workspace, "import os, time\nfor byte in 'né€😀'.encode() * 60: os.write(1, bytes([byte])); time.sleep(0.002)"));
        Assert.Equal(string.Concat(Enumerable.Repeat("né€😀", 60)), string.Concat(slow.Select(Text)));
        Assert.InRange(slow.Count, 1, 30);
        Increases(slow);

        var flood = await Watch("exec", Run(workspace, "for i in range(300_000): print('line', i)"));
        Assert.EndsWith("line 299999\n", Text(flood[^1]), StringComparison.Ordinal);
        Assert.InRange(flood.Sum(progress => Encoding.UTF8.GetByteCount(Text(progress))), 1, 64 << 10);
        Increases(flood);
    }

    [Fact]
    public async Task A_silent_wait_shows_that_it_is_alive()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart("sleep 1000");
        var silence = await Watch("exec_poll", new JsonObject { ["exec_id"] = exec.Id, ["wait_ms"] = 22_000 });
        Assert.InRange(silence.Count, 1, 3);
        Increases(silence);
    }

    [Fact]
    public async Task Long_command_lines_are_cut_in_lists_and_attach_names_what_runs()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "listed"));
        var large = string.Concat(Enumerable.Repeat("0123456789", 6_000));
        var exec = await workspace.ExecStart("sleep 1000", ("env", new JsonObject { ["A"] = "b" }));
        var long_ = await workspace.ExecStart(["sh", "-c", "sleep 1000", large]);
        var list = await assistant.CallRaw("list_execs", Assistant.Arguments($$"""{"container_id": "listed"}"""), progress: null);
        Assert.InRange(JsonSerializer.Serialize(list, McpJsonUtilities.DefaultOptions).Length, 100, 2000);
        var attached = await assistant.Attach("listed");
        Assert.Equal(2, attached.RunningExecs);
        Assert.Equal("sh -c sleep 1000", attached.Execs.Single(named => named.ExecId == exec.Id).Command);
        Assert.EndsWith("…", attached.Execs.Single(named => named.ExecId == long_.Id).Command, StringComparison.Ordinal);
        var text = await Text(assistant, "attach", """{"target": "listed"}""");
        Assert.Contains(exec.Id, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Binary_output_fits_into_the_size_of_an_answer()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var text = await Text(assistant, "exec", $$"""{"container_id": "{{workspace.Id}}", "shell": "head -c 1000000 /dev/urandom"}""");
        Assert.InRange(Encoding.UTF8.GetByteCount(text), 8_000, 24_000);
        Assert.Contains("bytes left out", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_exec_left_out_is_read_where_it_says()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var answer = await workspace.Exec("seq 1 20000");
        var hint = answer.Truncated!.Hint;
        var after = long.Parse(hint.Split("after_seq=")[1].Split(';')[0], CultureInfo.InvariantCulture);
        var page = await assistant.Exec(answer.ExecId).Poll(after);
        var first = page.Text.Split('\n')[1];
        Assert.Contains($"\n{first}\n", "\n" + string.Concat(Enumerable.Range(1, 20000).Select(n => $"{n}\n")), StringComparison.Ordinal);
        var shown = int.Parse(first, CultureInfo.InvariantCulture) - 2;
        Assert.True(after == -1 || answer.Stdout.Contains($"\n{shown}\n", StringComparison.Ordinal));
    }

    private static async Task<string> Text(Assistant assistant, string tool, string arguments) =>
        Assert.IsType<TextContentBlock>((await assistant.CallRaw(tool, Assistant.Arguments(arguments), progress: null)).Content[0]).Text;

    private static JsonObject Run(Workspace workspace, string program) => new()
    {
        ["container_id"] = workspace.Id,
        ["cmd"] = new JsonArray("python", "-uc", program),
        ["wait_ms"] = 25_000,
    };

    private static string Literal(string text) => $"bytes([{string.Join(", ", Encoding.UTF8.GetBytes(text))}])";

    private static string Text(JsonNode progress) => (string?)progress["message"] ?? "";

    private static void Increases(List<JsonNode> progress) => Assert.All(
        progress.Zip(progress.Skip(1)), pair => Assert.True((double)pair.Second["progress"]! > (double)pair.First["progress"]!));

    /// <summary>
    /// The progress of a call as it is on the wire: the client library may deliver it out of order, or not at all after the result.
    /// </summary>
    private async Task<List<JsonNode>> Watch(string tool, JsonObject arguments)
    {
        var body = new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = 1,
            ["method"] = "tools/call",
            ["params"] = new JsonObject
            {
                ["name"] = tool,
                ["arguments"] = arguments,
                ["_meta"] = new JsonObject
                {
                    ["progressToken"] = "watch",
                    ["io.modelcontextprotocol/protocolVersion"] = RawClient.Revision,
                    ["io.modelcontextprotocol/clientInfo"] = new JsonObject { ["name"] = "raw", ["version"] = "1" },
                    ["io.modelcontextprotocol/clientCapabilities"] = new JsonObject(),
                },
            },
        };
        var answer = await new RawClient(server).Post(
            body.ToJsonString(), null, ("MCP-Protocol-Version", RawClient.Revision), ("Mcp-Method", "tools/call"), ("Mcp-Name", tool));
        var messages = answer.Body.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal))
            .Select(line => JsonNode.Parse(line["data: ".Length..])!).ToList();
        Assert.NotNull(messages[^1]["result"]);
        return [.. messages.SkipLast(1).Select(message => message["params"]!)];
    }
}
