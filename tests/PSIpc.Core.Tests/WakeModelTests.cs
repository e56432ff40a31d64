namespace PSIpc.Core.Tests;

public sealed class WakeModelTests
{
    [Trait("Tier", "Long")]
    [Fact]
    public void In_no_order_of_steps_kills_and_stops_does_a_receiver_sleep_on_a_message() => Explore(messagesOfEach: 1, faults: 2);

    [Trait("Tier", "Extended")]
    [Fact]
    public void Nor_with_more_messages_which_takes_a_minute() => Explore(messagesOfEach: 2, faults: 1);

    [Fact]
    public void The_model_finds_the_lost_wake_of_a_receiver_that_looks_at_the_lock_last() =>
        Assert.NotNull(new WakeModel(looksAtLockFirst: false, announcementStaysUntilWoken: true).FindLostWake(1, 1, 1));

    [Fact]
    public void The_model_finds_the_lost_wake_of_a_waker_that_takes_the_announcement_first() =>
        Assert.NotNull(new WakeModel(looksAtLockFirst: true, announcementStaysUntilWoken: false).FindLostWake(1, 1, 1));

    private static void Explore(int messagesOfEach, int faults)
    {
        var model = new WakeModel(looksAtLockFirst: true, announcementStaysUntilWoken: true);
        Assert.Null(model.FindLostWake(messagesOfEach, faults, receivesOfFirst: 1));
        Assert.True(model.StateCount > 100_000);
    }
}
