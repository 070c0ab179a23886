using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;
using McpDevBench.EndToEndTests.Projects;
using ModelContextProtocol.Protocol;

namespace McpDevBench.EndToEndTests.Assistants;

/// <summary>
/// An assistant that knows what a model reads: the server's instructions and the text of every answer, and takes handles and addresses from
/// those. Every answer is held to the size that it may have by default.
/// </summary>
internal sealed partial class Developer : IAsyncDisposable
{
    /// <summary>About 16 KB, and what is said around them.</summary>
    private const int MaxAnswerBytes = 17 * 1024;

    private readonly Assistant _assistant;
    private readonly ServerProcess _server;

    private Developer(Assistant assistant, ServerProcess server, string workspace) =>
        (_assistant, _server, Workspace) = (assistant, server, workspace);

    /// <summary>The workspace's id or alias.</summary>
    public string Workspace { get; }

    /// <summary>Spawns a workspace that keeps its files.</summary>
    public static async Task<Developer> Begin(ServerProcess server, string alias)
    {
        var developer = new Developer(await server.Connect(), server, alias);
        Assert.Contains("/workspace", await developer.Spawn(), StringComparison.Ordinal);
        return developer;
    }

    /// <returns>The text of the answer.</returns>
    public Task<string> Spawn() => Tool("spawn", ("image", Images.Languages), ("alias", Workspace), ("persistent", true));

    /// <summary>A call about the workspace.</summary>
    public Task<string> Call(string tool, params (string Name, JsonNode? Value)[] with) =>
        Tool(tool, [("container_id", Workspace), .. with]);

    /// <summary>Runs a line of shell to its end.</summary>
    /// <returns>What a model has read of it, answer after answer.</returns>
    public async Task<string> Run(string shell, int exitCode = 0)
    {
        var read = new StringBuilder(await Call("exec", ("shell", shell), ("wait_ms", 25_000)));
        for (var answer = read.ToString(); ReadOn().Match(answer) is { Success: true } next;)
        {
            var after = long.Parse(next.Groups["seq"].ValueSpan, CultureInfo.InvariantCulture);
            answer = await Tool(
                "exec_poll", ("exec_id", next.Groups["id"].Value), ("after_seq", after), ("until", "exit"), ("wait_ms", 25_000));
            read.Append('\n').Append(answer);
        }
        var all = read.ToString();
        Assert.True(
            all.Contains($"exited, exit code {exitCode},", StringComparison.Ordinal), $"'{shell}' did not exit with {exitCode}:\n{all}");
        return all;
    }

    /// <summary>Starts a server or a debugger.</summary>
    /// <returns>Its exec_id.</returns>
    public async Task<string> Start(string shell, bool pty = false)
    {
        var answer = await Call("exec_start", ("shell", shell), ("pty", pty));
        return ExecId().Match(answer).Value;
    }

    /// <summary>Waits for a line of a command that was started.</summary>
    public async Task<string> WaitFor(string execId, string line)
    {
        var answer = await Tool(
            "exec_poll", ("exec_id", execId), ("until", "match"), ("grep", line), ("wait_ms", 25_000), ("strip_ansi", true));
        HasLine(answer, line);
        return answer;
    }

    /// <summary>The end of what a command has written, and what became of it.</summary>
    public Task<string> Poll(string execId) => Tool("exec_poll", ("exec_id", execId), ("tail_lines", 20));

    /// <summary>One step of a conversation with a debugger: the answer to a line, up to the next prompt.</summary>
    public async Task<string> Say(string execId, string line, string prompt)
    {
        var answer = await Tool(
            "exec_input", ("exec_id", execId), ("data", line + "\n"), ("until", "match"), ("grep", prompt), ("wait_ms", 25_000),
            ("strip_ansi", true));
        HasLine(answer, prompt);
        return answer;
    }

    /// <summary>The last step: the debugger ends.</summary>
    public Task<string> SayLast(string execId, string line) =>
        Tool("exec_input", ("exec_id", execId), ("data", line + "\n"), ("until", "exit"), ("wait_ms", 25_000), ("strip_ansi", true));

    public Task<string> Edit(string path, string before, string after, string etag) => Call(
        "fs_edit", ("path", path), ("if_match", etag),
        ("edits", new JsonArray(new JsonObject { ["old_text"] = before, ["new_text"] = after })));

    /// <summary>As the instructions say: PUT with unpack=true.</summary>
    public async Task Upload(Project project)
    {
        using var content = new ByteArrayContent(project.ToTarGz());
        using var response = await _server.Http.PutAsync(Files("&unpack=true"), content, TestContext.Current.CancellationToken);
        var answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {answer}");
    }

    /// <summary>As the instructions say: GET with format=tar.gz.</summary>
    public async Task<Project> Download() =>
        Project.FromTarGz(await _server.Http.GetByteArrayAsync(Files("&format=tar.gz"), TestContext.Current.CancellationToken));

    /// <summary>What a reboot of the host does to it.</summary>
    public async Task StopContainer()
    {
        using var found = JsonDocument.Parse(Structure(await CallRaw("list_containers", [])));
        var id = found.RootElement.GetProperty("containers").EnumerateArray()
            .First(container => container.GetProperty("alias").GetString() == Workspace).GetProperty("container_id").GetString()!;
        await DockerHost.Docker("stop", "--time", "0", Assert.Single(await DockerHost.ContainersOf(id)));
    }

    /// <summary>As fs_read names it in its text.</summary>
    public static string Etag(string answer)
    {
        var match = NamedEtag().Match(answer);
        Assert.True(match.Success, $"no etag in:\n{answer}");
        return match.Groups[1].Value;
    }

    public async ValueTask DisposeAsync() => await _assistant.DisposeAsync();

    /// <summary>The address in the instructions, with its words in capitals filled in.</summary>
    private Uri Files(string with)
    {
        var pattern = FileAddress().Match(_assistant.Client.ServerInstructions ?? "");
        Assert.True(pattern.Success, $"the instructions name no file endpoint:\n{_assistant.Client.ServerInstructions}");
        return new Uri(pattern.Groups[1].Value + Workspace + pattern.Groups[2].Value + "." + with);
    }

    private async Task<string> Tool(string tool, params (string Name, JsonNode? Value)[] with)
    {
        var result = await CallRaw(tool, with);
        return string.Join('\n', result.Content.OfType<TextContentBlock>().Select(block => block.Text));
    }

    private async Task<CallToolResult> CallRaw(string tool, (string Name, JsonNode? Value)[] with)
    {
        var arguments = new JsonObject(with.Select(argument => KeyValuePair.Create(argument.Name, argument.Value)));
        var result = await _assistant.CallRaw(tool, Assistant.Arguments(arguments.ToJsonString()), progress: null);
        var text = string.Join('\n', result.Content.OfType<TextContentBlock>().Select(block => block.Text));
        TestContext.Current.TestOutputHelper?.WriteLine($"> {tool} {arguments.ToJsonString()}\n{text}\n");
        HasSize(tool, "text", text);
        HasSize(tool, "structuredContent", Structure(result));
        return result;
    }

    private static void HasSize(string tool, string part, string value)
    {
        var bytes = Encoding.UTF8.GetByteCount(value);
        Assert.True(bytes <= MaxAnswerBytes, $"the {part} of an answer of {tool} has {bytes} bytes:\n{value}");
    }

    private static string Structure(CallToolResult result) => result.StructuredContent?.GetRawText() ?? "";

    /// <summary>It came, not the end of the wait.</summary>
    private static void HasLine(string answer, string pattern) =>
        Assert.True(
            Regex.IsMatch(answer.Replace("\r", "", StringComparison.Ordinal), pattern, RegexOptions.Multiline),
            $"nothing matches '{pattern}':\n{answer}");

    /// <summary>How an answer of exec or exec_poll says that there is more to come.</summary>
    [GeneratedRegex(@"exec_id (?<id>e_[0-9a-f-]+), after_seq (?<seq>-?\d+)"
        + @"|^(?<id>e_[0-9a-f-]+): [^\n]*Next: exec_poll after_seq=(?<seq>-?\d+)")]
    private static partial Regex ReadOn();

    [GeneratedRegex("etag ([0-9a-f]+)")]
    private static partial Regex NamedEtag();

    [GeneratedRegex("e_[0-9a-f-]+")]
    private static partial Regex ExecId();

    [GeneratedRegex(@"GET (http\S+/workspaces/)[^/\s]+(/files\?path=)\S+")]
    private static partial Regex FileAddress();
}
