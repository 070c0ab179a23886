using System.Text.Json.Nodes;
using McpDevBench.Engine;

namespace McpDevBench.Tests.Engine;

public sealed class SeccompProfileTests
{
    /// <summary>
    /// Calls that change the host, reach other processes' descriptors, or that filters and audits have been bypassed with.
    /// </summary>
    private static readonly string[] _never =
    [
        "bpf", "chroot", "finit_module", "init_module", "kexec_file_load", "kexec_load", "keyctl", "mount", "move_mount", "open_by_handle_at",
        "open_tree", "perf_event_open", "pidfd_getfd", "pivot_root", "reboot", "setns", "socketcall", "swapon", "syslog", "umount2", "unshare",
        "userfaultfd",
    ];

    [Fact]
    public void What_is_not_named_is_refused() => Assert.Equal("SCMP_ACT_ERRNO", (string?)Profile(false)["defaultAction"]);

    [Fact]
    public void No_call_is_allowed_that_is_not_for_workloads()
    {
        Assert.Empty(Allowed(false).Intersect(_never));
        Assert.DoesNotContain(Allowed(false), name => name.StartsWith("io_uring", StringComparison.Ordinal));
    }

    [Fact]
    public void Io_uring_is_allowed_on_request_and_nothing_else_changes() =>
        Assert.Equal(["io_uring_enter", "io_uring_register", "io_uring_setup"], Allowed(true).Except(Allowed(false)));

    [Fact]
    public void A_call_with_conditions_is_nowhere_allowed_without_them()
    {
        var rules = Profile(false)["syscalls"]!.AsArray();
        var conditional = rules.Where(rule => rule!["args"] is not null).SelectMany(Names).ToHashSet();
        Assert.Equal(["clone", "personality", "socket"], conditional.Order(StringComparer.Ordinal));
        Assert.Empty(rules.Where(rule => rule!["args"] is null).SelectMany(Names).Intersect(conditional));
    }

    [Fact]
    public void It_is_one_line_and_small_since_it_goes_with_every_create()
    {
        var profile = SeccompProfile.Build(allowIoUring: false);
        Assert.DoesNotContain('\n', profile);
        Assert.InRange(profile.Length, 1, 10_000);
    }

    private static JsonObject Profile(bool allowIoUring) => JsonNode.Parse(SeccompProfile.Build(allowIoUring))!.AsObject();

    private static List<string> Allowed(bool allowIoUring) =>
        [.. Profile(allowIoUring)["syscalls"]!.AsArray().Where(rule => (string?)rule!["action"] == "SCMP_ACT_ALLOW").SelectMany(Names)];

    private static IEnumerable<string> Names(JsonNode? rule) => rule!["names"]!.AsArray().Select(name => (string)name!);
}
