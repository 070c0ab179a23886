using McpDevBench.Agents;
using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Workspaces;

/// <summary>When a workspace is worth measuring again, by what the disk has lost since.</summary>
public sealed class DiskReadingTests
{
    private const long Limit = 10L << 30;

    [Theory]
    // 8 GiB were left: seven of them must have gone.
    [InlineData(2L << 30, 6L << 30, false)]
    [InlineData(2L << 30, 7L << 30, true)]
    // The nearer the limit, the less must have gone; but not for every byte.
    [InlineData(Limit - (100 << 20), 80 << 20, false)]
    [InlineData(Limit - (100 << 20), 90 << 20, true)]
    [InlineData(Limit + (100 << 20), 1 << 20, false)]
    [InlineData(Limit + (100 << 20), 20 << 20, true)]
    public void Bytes(long used, long lost, bool may) =>
        Assert.Equal(may, Reading(used, inodes: 0).MayBeOver(Room(lost, inodes: 0), Limit, maxInodes: 0));

    [Theory]
    [InlineData(100_000, 80_000, false)]
    [InlineData(100_000, 90_000, true)]
    public void Inodes(long used, long lost, bool may) =>
        Assert.Equal(may, Reading(bytes: 0, used).MayBeOver(Room(bytes: 0, lost), maxBytes: 0, maxInodes: 200_000));

    [Fact]
    public void Without_a_limit_or_without_a_look_at_the_disk_never()
    {
        Assert.False(Reading(1L << 50, 1L << 40).MayBeOver(Room(1L << 39, 1L << 30), maxBytes: 0, maxInodes: 0));
        Assert.False(Reading(1L << 50, 1L << 40).MayBeOver(now: null, 1, 1));
        Assert.False((Reading(1L << 50, 1L << 40) with { Room = null }).MayBeOver(Room(1L << 39, 1L << 30), 1, 1));
    }

    [Fact]
    public void A_disk_that_has_gained_room_is_no_reason() =>
        Assert.False(Reading(Limit + 1, 0).MayBeOver(Room(-(1L << 30), 0), Limit, maxInodes: 0));

    private static DiskReading Reading(long bytes, long inodes) => new(new DiskUse(bytes, inodes), 0, 0, TimeSpan.Zero, Room(0, 0));

    /// <summary>After so much has gone.</summary>
    private static DiskRoom Room(long bytes, long inodes) => new((1L << 40) - bytes, 1L << 40, (1L << 31) - inodes, 1L << 32);
}
