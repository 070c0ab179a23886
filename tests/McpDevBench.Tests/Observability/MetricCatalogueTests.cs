using System.Diagnostics.Metrics;
using System.Linq.Expressions;
using System.Reflection;
using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Tests.Observability;

public sealed class MetricCatalogueTests
{
    private const int HostileValues = 1_000;

    private static MetricCatalogue Create() => Metering.Catalogue();

    [Fact]
    public async Task What_happened_is_counted_and_nothing_else_is_there()
    {
        var metrics = Create();
        metrics.Api.Served("exec", TimeSpan.FromMilliseconds(80), errorType: "timeout");
        metrics.Containers.Counted(2, 1);
        metrics.Containers.Spawned("cold", TimeSpan.FromSeconds(1));
        metrics.Execs.Started(TimeSpan.FromMilliseconds(2));
        metrics.Execs.Ended("timed_out", TimeSpan.FromSeconds(3));
        metrics.Execs.OutputReceived("stdout", 10);
        metrics.Files.Done("read", "success", TimeSpan.FromMilliseconds(1));
        metrics.Engine.Called("create", "ok", TimeSpan.FromMilliseconds(40));
        metrics.Sweeps.Reconciled(
            "success", DateTimeOffset.UnixEpoch.AddSeconds(5), TimeSpan.FromMilliseconds(1), ["adopted", "left_alone"]);
        metrics.Audit.Written("container.spawn", 7, TimeSpan.FromMilliseconds(1));
        var text = await metrics.ExportAsync(CancellationToken.None);
        string[] expected =
        [
            "mcp_api_requests_total{method=\"exec\"} 1",
            "mcp_api_request_duration_seconds_bucket{method=\"exec\",le=\"0.1\"} 1",
            "mcp_api_errors_total{method=\"exec\",error_type=\"timeout\"} 1",
            "mcp_containers_total 3",
            "mcp_container_spawns_total{path=\"cold\",result=\"success\"} 1",
            "mcp_container_spawn_duration_seconds_bucket{path=\"cold\",le=\"5\"} 1",
            "mcp_executions_running 0",
            "mcp_executions_total{outcome=\"timed_out\"} 1",
            "mcp_execution_timeout_total 1",
            "mcp_execution_output_bytes_total{stream=\"stdout\"} 10",
            "mcp_fs_operations_total{operation=\"read\",result=\"success\"} 1",
            "mcp_docker_api_duration_seconds_count{endpoint=\"create\",status=\"ok\"} 1",
            "mcp_reconcile_drift_total{kind=\"left_alone\"} 1",
            "mcp_reconcile_healed_total{kind=\"adopted\"} 1",
            "mcp_reconcile_healed_total{kind=\"left_alone\"} 0",
            "mcp_reconcile_last_success_timestamp_seconds 5",
            "mcp_audit_records_total{event_type=\"container.spawn\"} 1",
            "mcp_audit_last_sequence 7",
            $"mcp_build_info{{version=\"{BuildInfo.Version}\",commit=\"{BuildInfo.Commit}\"}} 1",
        ];
        Assert.All(expected, line => Assert.Contains(line, text));
        Assert.All(Lines(text), line => Assert.Matches("^(# (HELP|TYPE) )?(mcp|container)_", line));
    }

    [Fact]
    public async Task No_word_from_outside_makes_a_series()
    {
        var metrics = Create();
        var verbs = Verbs(metrics);
        verbs.ForEach(verb => verb("other"));
        var before = Series(await metrics.ExportAsync(CancellationToken.None));
        for (var number = 0; number < HostileValues; number++)
        {
            var word = $"evil-{number}\n{{a=\"b\"}}";
            foreach (var verb in verbs)
                verb(word);
        }
        Assert.Equal(before, Series(await metrics.ExportAsync(CancellationToken.None)));
    }

    [Fact]
    public async Task No_tag_of_the_SDK_makes_a_series()
    {
        var metrics = Create();
        using var meters = new RuntimeMeters(metrics);
        meters.Publish();
        using var sdk = new Meter("Experimental.ModelContextProtocol");
        var durations = sdk.CreateHistogram<double>("mcp.server.operation.duration");
        for (var number = 0; number < 1000; number++)
        {
            durations.Record(
                0.001, new("mcp.method.name", $"evil-{number}"), new("error.type", $"evil-{number}"),
                new("gen_ai.tool.name", $"evil-{number}"), new($"evil-{number}", "x"));
            durations.Record(0.001, new("mcp.method.name", number), new("error.type", number));
        }
        var text = await metrics.ExportAsync(CancellationToken.None);
        Assert.DoesNotContain("evil", text);
        Assert.Matches("mcp_server_operation_duration_seconds_count{method=\"unknown\",error_type=\"other\"} [0-9]{4}", text);
        // Other tests use the SDK meanwhile: what they do is here as well.
        Assert.All(Lines(text).Where(line => line.StartsWith("mcp_server_operation_duration_seconds_", StringComparison.Ordinal)),
            line => Assert.Matches("{method=\"(exec|spawn|unknown)\",error_type=\"(none|tool_error|other)\"[,}]", line));
    }

    [Fact]
    public async Task Small_families_begin_at_zero_with_the_server()
    {
        var text = await Create().ExportAsync(CancellationToken.None);
        string[] expected =
        [
            .. LabelValues.Results.Words.Select(result => $"mcp_fs_operations_total{{operation=\"read\",result=\"{result}\"}} 0"),
            .. LabelValues.Results.Words.Select(result => $"mcp_container_spawns_total{{path=\"warm\",result=\"{result}\"}} 0"),
            "mcp_warm_pool_claims_total{result=\"hit\",reason=\"none\"} 0", "mcp_auth_decisions_total{mode=\"none\",result=\"denied\"} 0",
        ];
        Assert.All(expected, line => Assert.Contains(line, text));
    }

    [Fact]
    public async Task A_large_family_does_not_but_its_rows_do_with_their_first_event()
    {
        var methods = Enumerable.Range(0, CounterTable.Small).Select(number => $"method_{number}");
        var metrics = new MetricCatalogue(new MetricVocabulary([.. methods], ["create"], ["container.spawn"]), TimeProvider.System);
        Assert.DoesNotContain("mcp_api_errors_total{", await metrics.ExportAsync(CancellationToken.None));
        metrics.Api.Served("method_7", TimeSpan.Zero, errorType: null);
        var text = await metrics.ExportAsync(CancellationToken.None);
        Assert.All(
            LabelValues.Errors.Words,
            error => Assert.Contains($"mcp_api_errors_total{{method=\"method_7\",error_type=\"{error}\"}} 0", text));
        Assert.DoesNotContain("mcp_api_errors_total{method=\"method_8\"", text);
    }

    /// <summary>Every verb that takes a word, whoever adds it, to be called with one: the same for all its words.</summary>
    private static List<Action<string>> Verbs(MetricCatalogue metrics)
    {
        var verbs = new List<Action<string>>();
        foreach (
            var family in typeof(MetricCatalogue).GetProperties().Where(
                property => property.PropertyType.Name.EndsWith("Metrics", StringComparison.Ordinal)))
        {
            foreach (var verb in family.PropertyType.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
            {
                var word = Expression.Parameter(typeof(string));
                var takesWord = false;
                var arguments = verb.GetParameters().Select(parameter => Argument(parameter.ParameterType, word, ref takesWord)).ToList();
                if (takesWord)
                    verbs.Add(
                        Expression.Lambda<Action<string>>(
                            Expression.Call(Expression.Constant(family.GetValue(metrics)), verb, arguments), word).Compile());
            }
        }
        Assert.InRange(verbs.Count, 18, 100);
        return verbs;
    }

    private static Expression Argument(Type type, ParameterExpression word, ref bool takesWord)
    {
        var argument = OfWord(type, word) ?? Expression.Default(type);
        takesWord |= argument is not DefaultExpression;
        Assert.True(
            argument is not DefaultExpression || type.IsValueType || type.IsGenericType, $"say here how a {type.Name} is made of a word");
        return argument;
    }

    private static Expression? OfWord(Type type, ParameterExpression word)
    {
        if (type == typeof(string))
            return word;
        if (type == typeof(IEnumerable<string>))
            return Expression.NewArrayInit(typeof(string), word);
        return type == typeof(RequestException)
            ? Expression.Call(typeof(MetricCatalogueTests).GetMethod(nameof(Error), BindingFlags.Static | BindingFlags.NonPublic)!, word)
            : null;
    }

    private static RequestException Error(string rule) => new(ErrorCode.Forbidden, "", "") { Rule = rule };

    private static int Series(string text) => Lines(text).Count(line => line[0] != '#');

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
