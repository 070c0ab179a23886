using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;

namespace McpDevBench.EndToEndTests.Product;

/// <summary>
/// Secrets of every kind, and everything that a client can send them through: arguments of every tool, environments, input, file contents
/// and names, aliases, labels, keys, names of images, headers, addresses, queries, what the client calls itself, and whatever else the
/// protocol carries. Afterwards none may be where it does not belong.
/// </summary>
internal sealed class Canaries
{
    /// <summary>The name of a thing is written down, so only what shows that it is secret goes there.</summary>
    private static readonly string[] _names =
    [
        "container_id", "exec_id", "target", "path", "image", "alias", "cmd", "client_name", "session_id", "operations", "target_path",
        "target_container_id",
    ];

    private static readonly string[] _headers =
    [
        "Authorization", "Cookie", "User-Agent", "Host", "Origin", "Referer", "X-Correlation-Id", "X-Request-Id", "traceparent", "tracestate", "baggage", "Mcp-Session-Id",
        "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Last-Event-ID", "If-Match", "If-None-Match", "Range", "Accept", "Content-Type", "X-Forwarded-For", "X-Api-Key",
    ];

    private readonly IReadOnlyList<Canary> _shaped = Canary.OfEveryKind();
    private readonly Canary _plain = Canary.Plain();
    private readonly Canary _operators = Canary.Plain();

    /// <summary>What a client may call itself.</summary>
    public string ClientName => _shaped[0].Text;

    private IEnumerable<Canary> All => [.. _shaped, _plain, _operators];

    /// <summary>For the server: the operator's own secrets.</summary>
    public IEnumerable<(string Name, string Value)> Settings =>
    [
        ("MCP_DOCKER_CONFIG_JSON", $$$"""{"auths": {"ghcr.io": {"auth": "{{{Convert.ToBase64String(Encoding.ASCII.GetBytes($"user:{_operators.Secret}"))}}}"}, "quay.io": {"username": "user", "password": "{{{_operators.Secret}}}"} } }"""),
        ("MCP_NO_SUCH_SETTING", _operators.Secret),
    ];

    /// <summary>None of them is in the text, as it is or in base64.</summary>
    public void AreNotIn(string where, string text)
    {
        foreach (var canary in All)
        {
            foreach (var form in new[] { canary.Secret, Convert.ToBase64String(Encoding.UTF8.GetBytes(canary.Text)) })
            {
                var at = text.IndexOf(form, StringComparison.Ordinal);
                Assert.True(at < 0, $"the secret of the kind '{canary.Kind}' is in {where}: …{text[Math.Max(0, at - 200)..Math.Min(text.Length, Math.Max(0, at) + 100)]}…");
            }
        }
    }

    /// <summary>
    /// As <see cref="AreNotIn"/>, for what the client alone reads: its own words come back whole, the operator's secrets never do.
    /// </summary>
    public void AreNotSaidAgain(IEnumerable<string> errors)
    {
        foreach (var error in errors)
        {
            Assert.False(error.Contains(_operators.Secret, StringComparison.Ordinal), $"the operator's secret is in an error: {error}");
        }
    }

    /// <summary>Work as it is done every day, with secrets in it.</summary>
    public async Task Work(Assistant assistant)
    {
        var labels = new JsonObject(
            _shaped.Where(canary => canary.IsOneLine).Select(canary => KeyValuePair.Create(canary.Kind, (JsonNode?)canary.Text)));
        var env = new JsonObject(All.Select((canary, index) => KeyValuePair.Create($"V{index}", (JsonNode?)canary.Text)));
        var workspace = await assistant.Spawn(
            Images.Busybox, ("env", env.DeepClone()), ("labels", labels), ("idempotency_key", _plain.Secret));
        Assert.Contains(_plain.Secret, await workspace.Sh("env"), StringComparison.Ordinal);
        foreach (var canary in All)
        {
            await workspace.Exec(
                "cat; env; echo \"$1\" >&2; exit 3", ("env", env.DeepClone()), ("stdin", canary.Text), ("idempotency_key", canary.Secret));
            await workspace.Run(["echo", canary.Text]);
            await workspace.Run(["./" + canary.Kind, canary.Text]).ContinueWith(static task => task.Exception, TaskScheduler.Default);
            var exec = await workspace.ExecStart("cat", ("stdin_open", true));
            await exec.Input(canary.Text, eof: true);
            Assert.Contains(canary.Secret, (await exec.ReadToEnd()).Stdout, StringComparison.Ordinal);
            // A name is written down: only a secret that shows for itself goes there.
            var name = _shaped.Contains(canary) && canary.Text == canary.Secret ? canary.Text : canary.Kind;
            await workspace.Write(name, canary.Text);
            await workspace.Edit(name, canary.Secret, "gone");
            await workspace.Search(canary.Secret);
            await workspace.Batch([new JsonObject { ["op"] = "write", ["path"] = "batch/" + name, ["content"] = canary.Text }, new JsonObject { ["op"] = "delete", ["path"] = name }]);
            await assistant.Call(
                "attach", ("target", workspace.Id), ("client_name", canary.Kind == "plain" ? "raw" : canary.Text),
                ("session_id", canary.Kind == "plain" ? "raw" : canary.Text));
        }
        await Refused.Somehow(() => assistant.Spawn("user:" + _plain.Secret + "@registry.example/image:1"));
        await workspace.Kill(("force", true));
    }

    /// <summary>Every argument of every tool, whether it takes texts or not.</summary>
    public async Task Call(RawClient client, Assistant assistant)
    {
        var workspace = await assistant.Spawn(Images.Busybox);
        foreach (var tool in await assistant.Client.ListToolsAsync(cancellationToken: TestContext.Current.CancellationToken))
        {
            var properties = tool.JsonSchema.TryGetProperty("properties", out var found) ? found.EnumerateObject().ToList() : [];
            var required = tool.JsonSchema.TryGetProperty("required", out var names)
                ? names.EnumerateArray().Select(name => name.GetString()!).ToHashSet()
                : [];
            foreach (var property in properties)
            {
                foreach (var canary in _names.Contains(property.Name) ? _shaped : [.. _shaped, _plain])
                {
                    var arguments = properties.Where(other => other.Name != property.Name && required.Contains(other.Name)).Select(
                        other => $"\"{other.Name}\":{Plausible(other, workspace)}");
                    foreach (var value in Shapes(property.Value, canary))
                        await client.CallTool(
                            tool.Name, $"{{{string.Join(',', [.. arguments, $"\"{property.Name}\":{value}"])}}}",
                            canary == _plain ? "\"raw\"" : canary.Json);
                }
            }
        }
        foreach (var canary in _shaped)
        {
            await client.CallTool("spawn", $$"""{"image":{{canary.Json}},"alias":{{canary.Json}},{{canary.Json}}:{{canary.Json}}}""");
            foreach (var method in new[] { "initialize", "tools/list", "tools/call", "resources/read", "prompts/get", "completion/complete", "logging/setLevel", "notifications/cancelled", canary.Text })
                await client.Post(Message(method, canary));
        }
        await workspace.Kill(("force", true));
    }

    /// <summary>Headers, addresses, queries, bodies, and files on their way in and out.</summary>
    public async Task Travel(ServerProcess server, RawClient client, Assistant assistant)
    {
        var workspace = await assistant.Spawn(Images.Busybox);
        var files = new Uri(server.BaseAddress, $"workspaces/{workspace.Id}/files");
        foreach (var canary in _shaped)
        {
            var query = Uri.EscapeDataString(canary.Text);
            foreach (var path in new[] { query, $"mcp?token={query}", $"health/ready?{query}", $"workspaces/{query}/files?path={query}&format={query}&include={query}" })
                await client.Send(HttpMethod.Get, new Uri(server.BaseAddress, path));
            await client.Send(HttpMethod.Put, new Uri($"{files}?path={query}"), new StringContent(canary.Text));
            await client.Send(HttpMethod.Get, new Uri($"{files}?path={query}"));
            await client.Send(HttpMethod.Put, new Uri($"{files}?unpack=true&mode={query}"), new StringContent(canary.Text));
            await client.Post(canary.Text);
            foreach (var header in _headers.Where(_ => canary.IsOneLine))
            {
                await client.Post("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", null, (header, canary.Text));
                await client.Send(HttpMethod.Get, new Uri($"{files}?path=x"), null, null, (header, canary.Text));
            }
        }
        await workspace.Kill(("force", true));
    }

    /// <summary>The method, and in every place that a message has, the canary.</summary>
    private static string Message(string method, Canary canary) => new JsonObject
    {
        ["jsonrpc"] = "2.0",
        ["id"] = canary.Text,
        ["method"] = method,
        ["params"] = new JsonObject
        {
            ["protocolVersion"] = "2025-11-25",
            ["clientInfo"] = new JsonObject { ["name"] = canary.Text, ["title"] = canary.Text, ["version"] = canary.Text },
            ["capabilities"] = new JsonObject(),
            ["name"] = canary.Text,
            ["uri"] = canary.Text,
            ["cursor"] = canary.Text,
            ["level"] = canary.Text,
            ["requestId"] = canary.Text,
            ["reason"] = canary.Text,
            ["ref"] = new JsonObject { ["type"] = "ref/prompt", ["name"] = canary.Text },
            ["argument"] = new JsonObject { ["name"] = canary.Text, ["value"] = canary.Text },
            ["arguments"] = new JsonObject { [canary.Text] = canary.Text },
            ["_meta"] = new JsonObject { ["progressToken"] = canary.Text, ["traceparent"] = canary.Text, [canary.Text] = canary.Text },
        },
    }.ToJsonString();

    private static IEnumerable<string> Shapes(JsonElement schema, Canary canary)
    {
        yield return canary.Json;
        if (schema.TryGetProperty("type", out var type) && type.ToString().Contains("array", StringComparison.Ordinal))
            yield return $"[{canary.Json},{{{canary.Json}:{canary.Json},\"old_text\":{canary.Json},\"new_text\":{canary.Json},\"op\":\"read\",\"path\":{canary.Json}}}]";
        if (type.ToString().Contains("object", StringComparison.Ordinal))
            yield return $"{{{canary.Json}:{canary.Json}}}";
    }

    private static string Plausible(JsonProperty property, Workspace workspace)
    {
        if (property.Name is "container_id" or "target")
            return $"\"{workspace.Id}\"";
        if (property.Value.TryGetProperty("type", out var type) && type.ToString().Contains("array", StringComparison.Ordinal))
            return "[]";
        return property.Value.TryGetProperty("enum", out var words) ? words[0].GetRawText() : "\"x\"";
    }
}
