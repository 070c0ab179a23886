using System.Globalization;

namespace McpDevBench.Audit;

/// <summary>Selects records; null members select all.</summary>
internal sealed record AuditFilter
{
    public static AuditFilter All { get; } = new();

    public string? EventType { get; init; }
    public string? ContainerId { get; init; }

    /// <summary>Of these too, with <see cref="WorkspaceId"/>: the workspaces that had it as their alias.</summary>
    public IReadOnlyList<string> WithAlias { get; init; } = [];

    public string? ExecId { get; init; }

    /// <summary>Of one request, which every error names.</summary>
    public string? CorrelationId { get; init; }

    public string? Principal { get; init; }
    public string? Result { get; init; }

    /// <summary>From then on.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Before then.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <exception cref="RequestException">invalid_argument: a word that no record can have.</exception>
    public AuditFilter Checked()
    {
        Require("event_type", EventType, AuditEvents.All);
        Require("result", Result, AuditResults.All);
        return this;
    }

    /// <summary>Such as <c>2026-01-31T10:00:00Z</c> or <c>2026-01-31</c>; UTC unless it has an offset.</summary>
    /// <exception cref="RequestException">invalid_argument.</exception>
    public static DateTimeOffset? Time(string name, string? text)
    {
        if (text is null)
            return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            && time.Year is >= 1970 and < 9999
            ? time
            : throw new RequestException(
                ErrorCode.InvalidArgument, $"{name}='{Truncation.ToLength(text)}' is not a time.",
                "Use a time such as 2026-01-31T10:00:00Z.");
    }

    /// <summary>
    /// The conditions as SQL, with their parameters. Only the first may use an index, so that its records come in the order of their
    /// numbers: it is the most selective.
    /// </summary>
    public (string Sql, (string Name, object? Value)[] Parameters) Where()
    {
        var conditions = new List<(string Sql, string Name, object? Value)>
        {
            ("exec_id = $exec", "$exec", ExecId),
            (Containers(), "$container", ContainerId),
            ("event_type = $event", "$event", EventType),
            ("principal = $principal", "$principal", Principal),
            ("+correlation_id = $correlation", "$correlation", CorrelationId),
            ("+result = $result", "$result", Result),
            ("+timestamp >= $since", "$since", Since?.ToUnixTimeMilliseconds()),
            ("+timestamp < $until", "$until", Until?.ToUnixTimeMilliseconds()),
        };
        conditions.RemoveAll(condition => condition.Value is null);
        var sql = conditions.Select((condition, index) => $" AND {(index == 0 || condition.Sql[0] == '+' ? "" : "+")}{condition.Sql}");
        var parameters = conditions.Select(condition => (condition.Name, condition.Value));
        return (string.Concat(sql), [.. parameters, .. WithAlias.Select((id, index) => (NameOf(index), (object?)id))]);
    }

    private static string NameOf(int index) => string.Create(CultureInfo.InvariantCulture, $"$alias{index}");

    private string Containers() => WithAlias.Count == 0
        ? "container_id = $container"
        : $"container_id IN ($container, {string.Join(", ", WithAlias.Select((_, index) => NameOf(index)))})";

    private static void Require(string name, string? value, IReadOnlyList<string> words)
    {
        if (value is null || words.Contains(value))
            return;
        var suggestion = Nearest.To(value, words) is { } nearest ? $" Did you mean '{nearest}'?" : "";
        throw new RequestException(
            ErrorCode.InvalidArgument, $"Unknown {name} '{Truncation.ToLength(value)}'.{suggestion}",
            $"Use one of {string.Join(", ", words)}.");
    }
}
