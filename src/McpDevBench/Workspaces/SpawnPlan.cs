using System.Text.RegularExpressions;

namespace McpDevBench.Workspaces;

/// <summary>A spawn request, checked, with every default filled in.</summary>
internal sealed partial record SpawnPlan(
    ImageReference Image, WorkspaceLimits Limits, string Network, TimeSpan? TimeToLive, TimeSpan? IdleTimeToLive)
{
    private const int MaxVariables = 200, MaxEnvironment = 64 << 10, MaxLabels = 32, MaxLabelLength = 256;

    public const int MinMemoryMb = 32, MinTimeToLive = 1, MaxTimeToLive = 365 * 24 * 3600;

    /// <summary>
    /// With less the kernel gives a workspace a turn of a few milliseconds in each tenth of a second, and its agent the same.
    /// </summary>
    public const double MinCpus = 0.1;

    /// <exception cref="RequestException">invalid_argument, or forbidden for a network.</exception>
    public static SpawnPlan Of(SpawnRequest request, WorkspaceOptions options)
    {
        if (request.Alias is { } alias && (!AliasPattern().IsMatch(alias) || alias.StartsWith("c_", StringComparison.Ordinal)))
            throw Invalid("alias", alias, "up to 63 letters, digits, '_', '.' and '-', beginning with a letter or digit, and not with c_");
        if (request.IdempotencyKey is { Length: 0 or > 255 } key)
            throw Invalid("idempotency_key", key, "1 to 255 characters");
        CheckEnvironment(request.Env);
        CheckLabels(request.Labels);
        var memory = request.MemoryMb ?? options.Limits.MemoryMb;
        if (memory < MinMemoryMb || memory > options.MaxLimits.MemoryMb)
            throw Invalid(
                "memory_mb", memory.ToString(System.Globalization.CultureInfo.InvariantCulture),
                $"from {MinMemoryMb} to {options.MaxLimits.MemoryMb}");
        var cpus = request.Cpus ?? options.Limits.Cpus;
        if (!(cpus >= MinCpus && cpus <= options.MaxLimits.Cpus))
            throw Invalid(
                "cpus", cpus.ToString(System.Globalization.CultureInfo.InvariantCulture),
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"from {MinCpus} to {options.MaxLimits.Cpus}"));
        var network = request.Network ?? "none";
        if (network is not ("none" or "bridge"))
            throw Invalid("network", network, options.AllowNetwork ? "none or bridge" : "none");
        if (network == "bridge" && !options.AllowNetwork)
            throw new RequestException(
                ErrorCode.Forbidden, "network=bridge is not allowed: workspaces on this server have no network.",
                "Use network=none; what is needed must be in the image, or be written with fs_write.") { Rule = "network" };
        return new SpawnPlan(
            ImageReference.Parse(request.Image ?? options.DefaultImage), new WorkspaceLimits(memory, cpus, options.Limits.Pids), network,
            Seconds("ttl_s", request.TimeToLiveSeconds) ?? options.DefaultTimeToLive, Seconds("idle_ttl_s", request.IdleTimeToLiveSeconds));
    }

    /// <summary>
    /// Why this spawn cannot use the workspace that has its alias; null if that is stopped and as the spawn asks for it, so that it is
    /// resumed.
    /// </summary>
    public RequestException? Objection(Workspace existing, SpawnRequest request)
    {
        if (existing.Status == WorkspaceStatus.Removing)
            return new(
                ErrorCode.Conflict, $"The workspace with the alias '{existing.Alias}' is being removed.", "Call spawn again in a moment.",
                retryable: true);
        if (existing.Status is WorkspaceStatus.Running or WorkspaceStatus.Creating)
            return request.Persistent && !existing.Persistent ? NotPersistent(existing) : WorkspaceStore.Taken(existing.Alias!);
        var difference = request switch
        {
            { Image: not null } when Image.Canonical != existing.Image => $"the image {existing.Image}",
            { MemoryMb: { } memory } when memory != existing.Limits.MemoryMb => $"memory_mb={existing.Limits.MemoryMb}",
            { Cpus: { } cpus } when Math.Abs(cpus - existing.Limits.Cpus) > 0.001 =>
                System.FormattableString.Invariant($"cpus={existing.Limits.Cpus}"),
            { Network: { } network } when network != existing.Network => $"network={existing.Network}",
            _ => null,
        };
        return difference is null ? null : new(
            ErrorCode.Conflict, $"The stopped workspace with the alias '{existing.Alias}' has {difference}.",
            "Call attach with this alias to resume it as it was. "
                + "To use its files with other values: kill with keep_workspace=true, then spawn again.");
    }

    private static RequestException NotPersistent(Workspace existing) => new(
        ErrorCode.Conflict, $"The workspace with the alias '{existing.Alias}' exists and is not persistent.",
        "To keep its files: kill with keep_workspace=true, then call spawn again. "
            + "attach uses it as it is: kill then deletes its files.");

    /// <exception cref="RequestException">invalid_argument: a name is empty or has '=' or NUL in it, a value has NUL, or it is too
    /// much.</exception>
    public static void CheckEnvironment(IReadOnlyDictionary<string, string> env)
    {
        if (env.Count > MaxVariables || env.Sum(pair => pair.Key.Length + pair.Value.Length) > MaxEnvironment)
            throw new RequestException(
                ErrorCode.InvalidArgument,
                $"env is too large: at most {MaxVariables} variables and {MaxEnvironment} characters are allowed.",
                "Write what is large to a file with fs_write.");
        foreach (var (name, value) in env)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAny("=\0\n") || value.Contains('\0', StringComparison.Ordinal))
                throw Invalid(
                    "env", name, "variables whose name is not empty and without '=', newline and NUL, and whose value is without NUL");
        }
    }

    public static RequestException Invalid(string argument, string value, string allowed) => new(
        ErrorCode.InvalidArgument, $"{argument}='{Truncation.ToLength(value)}' is not allowed.",
        $"{argument} must be {allowed}.");

    private static void CheckLabels(IReadOnlyDictionary<string, string> labels)
    {
        if (labels.Count > MaxLabels)
            throw Invalid("labels", $"{labels.Count} labels", $"at most {MaxLabels}");
        foreach (var (name, value) in labels)
        {
            if (name.Length is 0 or > MaxLabelLength || value.Length > MaxLabelLength
                || name.StartsWith(Ownership.Reserved, StringComparison.Ordinal) || name.Concat(value).Any(char.IsControl))
                throw Invalid(
                    "labels", name,
                    $"names and values of up to {MaxLabelLength} printable characters, names not beginning with {Ownership.Reserved}");
        }
    }

    private static TimeSpan? Seconds(string argument, int? value) => value switch
    {
        null => null,
        >= MinTimeToLive and <= MaxTimeToLive => TimeSpan.FromSeconds(value.Value),
        _ => throw Invalid(
            argument, value.Value.ToString(System.Globalization.CultureInfo.InvariantCulture),
            $"seconds from {MinTimeToLive} to {MaxTimeToLive}"),
    };

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\z")]
    private static partial Regex AliasPattern();
}
