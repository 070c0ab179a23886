using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.Audit;
using McpDevBench.Mcp;
using McpDevBench.Observability;
using McpDevBench.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace McpDevBench.Tests.Calls;

/// <summary>What a call leaves in the audit record, over real HTTP.</summary>
public sealed class CallRecordTests
{
    private const string Full = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END; CREATE TRIGGER fuller BEFORE INSERT ON marks BEGIN SELECT RAISE(ABORT, 'full'); END";

    [Fact]
    public async Task A_call_is_recorded_before_its_answer_is_given_however_little_is_logged()
    {
        using var server = await TestServer.StartAsync(
            new() { ["MCP_LOG_LEVEL"] = "CRITICAL" }, Changing(() => CallFacts.Current!.ContainerId = "c_1"));
        var answer = await CallAsync(server, "changing", "my-id");
        Assert.Null(answer["isError"]);
        var record = Assert.Single(Records(server)).Entry;
        Assert.Equal(
            (AuditEvents.FsWrite, "local", "c_1", "a path", AuditResults.Success, null, "my-id"),
            (record.EventType, record.Principal, record.ContainerId, record.Target, record.Result, record.ErrorCode, record.CorrelationId));
        Assert.True(record.DurationMs >= 0);
        Assert.Empty(server.Log.Lines());
    }

    [Theory]
    [InlineData("file_not_found", "failure", null)]
    [InlineData("resource_exhausted", "failure", null)]
    [InlineData("image_not_allowed", "denied", "policy.denied")]
    [InlineData("forbidden", "denied", "policy.denied")]
    [InlineData("path_denied", "denied", "policy.denied")]
    [InlineData("concurrent_limit", "denied", "quota.denied")]
    [InlineData("unauthenticated", "denied", null)]
    public async Task A_refusal_is_recorded_and_a_denial_once_more_by_its_kind(string code, string result, string? denial)
    {
        using var server = await TestServer.StartAsync(
            null, Changing(() => throw new RequestException(Enum.GetValues<ErrorCode>().First(one => one.Name() == code), "no", "else")));
        await CallAsync(server, "changing");
        var records = Records(server);
        Assert.Equal(
            (AuditEvents.FsWrite, result, code, "a path"),
            (records[0].Entry.EventType, records[0].Entry.Result, records[0].Entry.ErrorCode, records[0].Entry.Target));
        if (denial is null)
            Assert.Single(records);
        else
            Assert.Equal(
                (denial, "denied", code, "changing"),
                (records[1].Entry.EventType, records[1].Entry.Result, records[1].Entry.ErrorCode, records[1].Entry.Target));
        Assert.Equal(denial is null ? 1 : 2, records.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_about_two_workspaces_is_found_by_the_id_of_each(bool succeeds)
    {
        using var server = await TestServer.StartAsync(null, Changing(() =>
        {
            (CallFacts.Current!.ContainerId, CallFacts.Current.SourceId) = ("c_to", "c_from");
            if (!succeeds)
                throw new RequestException(ErrorCode.FileNotFound, "no", "else");
        }));
        await CallAsync(server, "changing", "my-id");
        var records = Records(server).ConvertAll(record => record.Entry);
        Assert.Equal(["c_to", "c_from"], records.Select(record => record.ContainerId));
        Assert.All(records, record => Assert.Equal(
            (AuditEvents.FsWrite, succeeds ? "success" : "failure", "a path", "my-id"),
            (record.EventType, record.Result, record.Target, record.CorrelationId)));
    }

    [Fact]
    public async Task What_nobody_foresaw_and_what_is_misspelt_is_recorded_as_a_failure()
    {
        using var server = await TestServer.StartAsync(null, Changing(() => throw new InvalidOperationException("secret")));
        await CallAsync(server, "changing");
        await CallAsync(server, "changing", arguments: """{"nonsense":"hunter2"}""");
        Assert.Equal(["server_error", "invalid_argument"], Records(server).Select(record => record.Entry.ErrorCode));
        Assert.DoesNotContain(Records(server), record => record.ToString().Contains("secret") || record.ToString().Contains("hunter2"));
    }

    [Fact]
    public async Task A_tool_without_an_event_leaves_nothing_unless_it_is_denied()
    {
        var refuse = false;
        using var server = await TestServer.StartAsync(
            null, Looking(() => _ = refuse ? throw new RequestException(ErrorCode.PathDenied, "no", "else") : 0));
        await CallAsync(server, "looking");
        Assert.Empty(Records(server));
        refuse = true;
        await CallAsync(server, "looking");
        Assert.Equal(
            (AuditEvents.PolicyDenied, "looking"), (Assert.Single(Records(server)).Entry.EventType, Records(server)[0].Entry.Target));
    }

    [Fact]
    public async Task What_was_recorded_as_begun_is_not_recorded_again_when_the_waiting_fails()
    {
        using var server = await TestServer.StartAsync(
            null, Changing(() => throw new RequestException(ErrorCode.Timeout, "no", "else"), recordsFirst: true));
        await CallAsync(server, "changing");
        Assert.Equal(AuditResults.Success, Assert.Single(Records(server)).Entry.Result);
    }

    [Fact]
    public async Task While_nothing_can_be_recorded_changes_are_refused_reading_and_ending_go_on()
    {
        var done = 0;
        using var server = await TestServer.StartAsync(null, Changing(() => done++), Reading(() => done++), Ending(() => done++));
        await MeddleAsync(server, Full);

        // It was done, and then could not be recorded: from here on it is known beforehand.
        Assert.Equal(("resource_exhausted", true), Error(await CallAsync(server, "changing")));
        Assert.Equal(1, done);
        Assert.Equal(("resource_exhausted", true), Error(await CallAsync(server, "changing")));
        Assert.Equal(1, done);
        Assert.Null((await CallAsync(server, "reading"))["isError"]);
        Assert.Null((await CallAsync(server, "ending"))["isError"]);
        Assert.Equal(3, done);
        Assert.Single(server.Log.Lines(), line => line.Contains("Audit log cannot be written"));

        await MeddleAsync(server, "DROP TRIGGER full; DROP TRIGGER fuller");
        Assert.Null((await CallAsync(server, "changing"))["isError"]);
        Assert.Equal(4, done);
        Assert.Equal(AuditEvents.FsWrite, Assert.Single(Records(server)).Entry.EventType);
    }

    [Fact]
    public async Task If_the_operator_wants_it_so_changes_go_on_unrecorded()
    {
        using var server = await TestServer.StartAsync(new() { ["MCP_AUDIT_ON_FAILURE"] = "continue" }, Changing(() => { }));
        await MeddleAsync(server, Full);
        Assert.Null((await CallAsync(server, "changing"))["isError"]);
        Assert.Null((await CallAsync(server, "changing"))["isError"]);
        Assert.Single(server.Log.Lines(), line => line.Contains("Audit log cannot be written"));
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "http://evil.example")]
    public async Task Whoever_is_turned_away_at_the_door_is_recorded(string header, string value)
    {
        using var server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.TryAddWithoutValidation(header, value);
        await server.Client.SendAsync(request);
        var record = Assert.Single(Records(server)).Entry;
        Assert.Equal(
            (AuditEvents.AuthDenied, "anonymous", $"{header}: {value}", AuditResults.Denied),
            (record.EventType, record.Principal, record.Target, record.Result));
        Assert.NotNull(record.CorrelationId);
    }

    [Fact]
    public async Task A_caller_sees_only_its_own_events_page_by_page()
    {
        using var server = await TestServer.StartAsync(null, Changing(() => { }));
        var log = server.Services.GetRequiredService<AuditLog>();
        for (var number = 1; number <= 3; number++)
        {
            await CallAsync(server, "changing", $"id-{number}");
            await log.RecordAsync(
                AuditEntry.Of(AuditEvents.SystemGc, DateTimeOffset.UnixEpoch, AuditResults.Success) with { Principal = "somebody else" });
        }
        using var asked = await TestServer.StartAsync(null, new AuditQueryTool(log));
        var first = (await CallAsync(asked, "audit_query", arguments: """{"limit":2}"""))["structuredContent"]!;
        Assert.Equal(["id-3", "id-2"], first["records"]!.AsArray().Select(record => (string?)record!["correlation_id"]));
        var second = (
            await CallAsync(
                asked, "audit_query", arguments: $$"""{"limit":2,"cursor":"{{first["next_cursor"]}}"}"""))["structuredContent"]!;
        Assert.Equal(["id-1"], second["records"]!.AsArray().Select(record => (string?)record!["correlation_id"]));
        Assert.Null(second["next_cursor"]);
        Assert.Equal(
            "id-2",
            (string?)Assert.Single(
                (await CallAsync(asked, "audit_query", arguments: """{"correlation_id":"id-2"}"""))["structuredContent"]!["records"]!
                    .AsArray())!["correlation_id"]);
        Assert.Empty(
            (await CallAsync(asked, "audit_query", arguments: """{"event_type":"system.gc"}"""))["structuredContent"]!["records"]!
                .AsArray());
        Assert.Equal("invalid_argument", Error(await CallAsync(asked, "audit_query", arguments: """{"event_type":"fs.wriet"}""")).Code);
        Assert.Equal("invalid_argument", Error(await CallAsync(asked, "audit_query", arguments: """{"cursor":"x"}""")).Code);
        Assert.Equal("invalid_argument", Error(await CallAsync(asked, "audit_query", arguments: """{"since":"x"}""")).Code);
    }

    private static Acting Changing(Action act, bool recordsFirst = false) =>
        new(
            new ToolFacts("changing", "Changing", "Changes something.", false, false, false, false, AuditEvents.FsWrite), act,
            recordsFirst);

    private static Acting Reading(Action act) => new(ToolFacts.Reads("reading", "Reading", "Reads something.", AuditEvents.FsRead), act);

    private static Acting Looking(Action act) => new(ToolFacts.Reads("looking", "Looking", "Looks around."), act);

    private static Acting Ending(Action act) =>
        new(new ToolFacts("ending", "Ending", "Ends something.", false, true, true, false, AuditEvents.ContainerKill, Ends: true), act);

    private static async Task<JsonNode> CallAsync(TestServer server, string tool, string? correlationId = null, string arguments = "{}")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp")
        {
            Content = new StringContent(
                $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"{{{tool}}}","arguments":{{{arguments}}}}}""",
                Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        if (correlationId is not null)
            request.Headers.Add("X-Correlation-Id", correlationId);
        using var response = await server.Client.SendAsync(request);
        return JsonNode.Parse(
            (await response.Content.ReadAsStringAsync()).Split('\n').First(line => line.StartsWith("data: "))[6..])!["result"]!;
    }

    private static (string Code, bool Retryable) Error(JsonNode result)
    {
        var error = result["structuredContent"]!["error"]!;
        return ((string)error["code"]!, (bool)error["retryable"]!);
    }

    private static List<AuditRecord> Records(TestServer server) =>
        server.Services.GetRequiredService<AuditLog>().Store.After(AuditFilter.All, 0, 1000);

    private static async Task MeddleAsync(TestServer server, string sql)
    {
        await using var connection = new SqliteConnection(
            $"Data Source={AuditStore.PathOf(server.Services.GetRequiredService<StorageOptions>())};Pooling=False");
        await connection.OpenAsync();
        connection.Run(sql);
    }

    /// <summary>A tool of ours that does what a test wants.</summary>
    private sealed class Acting(ToolFacts facts, Action act, bool recordsFirst = false)
        : TypedTool<NoArguments, MetricsResult>(facts, McpJson.Default.NoArguments, McpJson.Default.MetricsResult)
    {
        protected override string? TargetOf(NoArguments arguments) => "a path";

        protected override async Task<MetricsResult> CallAsync(NoArguments arguments, ToolCall call, CancellationToken cancellationToken)
        {
            if (recordsFirst)
                await call.RecordAsync();
            act();
            return new MetricsResult("done");
        }

        protected override string Render(MetricsResult result) => result.Text;
    }
}
