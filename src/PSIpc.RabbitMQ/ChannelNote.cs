using System.Text.Json;
using PSIpc.Core;
using PSIpc.Core.Channels;
using RabbitMQ.Client;

namespace PSIpc.RabbitMQ;

/// <summary>What is known of a queue or topic, which AMQP has no place for: one message in a queue of its own, which whoever reads it gives back.</summary>
internal sealed record ChannelNote
{
    private const int CurrentVersion = 1;
    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public int Version { get; init; } = CurrentVersion;

    /// <summary>Each change has a higher one.</summary>
    public int Revision { get; init; }

    public byte Format { get; init; }

    public string? FormatName { get; init; }

    public long Capacity { get; init; }

    public long MaxCount { get; init; }

    public bool RequiresConfirmation { get; init; }

    public bool DropsOldest { get; init; }

    public bool IsClosed { get; init; }

    /// <summary>Whether the queue had no room for the end-of-stream marker when it was closed.</summary>
    public bool LacksEnd { get; init; }

    public MessageFormat DefaultFormat => new(Format, FormatName);

    /// <summary>The note of a channel that is made.</summary>
    public static ChannelNote For(ServerChannelSettings settings) => new()
    {
        Format = settings.Format.Number,
        FormatName = settings.Format.Name,
        Capacity = settings.Capacity,
        MaxCount = settings.MaxCount,
        RequiresConfirmation = settings.RequiresConfirmation,
        DropsOldest = settings.DropsOldest,
    };

    /// <summary>Makes the queue of a note, and puts the note there.</summary>
    public static async Task CreateAsync(IChannel channel, string queue, ChannelNote note, CancellationToken cancellation)
    {
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, RabbitServer.QueueArguments(), cancellationToken: cancellation).ConfigureAwait(false);
        await WriteAsync(channel, queue, note, cancellation).ConfigureAwait(false);
    }

    /// <summary>Reads a note; the exception says so when there is none.</summary>
    public static Task<ChannelNote> ReadAsync(IChannel channel, string queue, string name, CancellationToken cancellation) =>
        TakeAsync(channel, queue, name, change: null, cancellation);

    /// <summary>Reads a note and puts a changed one in its place; on a channel with confirmations.</summary>
    public static Task<ChannelNote> ChangeAsync(IChannel channel, string queue, string name, Func<ChannelNote, ChannelNote> change, CancellationToken cancellation) =>
        TakeAsync(channel, queue, name, change, cancellation);

    private static async Task<ChannelNote> TakeAsync(IChannel channel, string queue, string name, Func<ChannelNote, ChannelNote>? change, CancellationToken cancellation)
    {
        // Somebody else may have it in hand at this moment.
        for (DateTime end = DateTime.UtcNow + LongestRead; ; await Task.Delay(Pause, cancellation).ConfigureAwait(false))
        {
            BasicGetResult? got = await channel.BasicGetAsync(queue, autoAck: false, cancellation).ConfigureAwait(false);
            if (got is null)
            {
                if (DateTime.UtcNow > end)
                {
                    throw new IpcException(IpcErrorKind.CorruptData, Messages.ServerQueueWithoutNote.With(name, queue), name);
                }

                continue;
            }

            ChannelNote note = Parse(got, name);

            // After a kill in the middle of a change there are two.
            while (await channel.BasicGetAsync(queue, autoAck: false, cancellation).ConfigureAwait(false) is { } other)
            {
                ChannelNote otherNote = Parse(other, name);
                (BasicGetResult old, got, note) = otherNote.Revision > note.Revision ? (got, other, otherNote) : (other, got, note);
                await channel.BasicAckAsync(old.DeliveryTag, multiple: false, cancellation).ConfigureAwait(false);
            }

            if (change is null)
            {
                await channel.BasicNackAsync(got.DeliveryTag, multiple: false, requeue: true, cancellation).ConfigureAwait(false);
                return note;
            }

            note = change(note) with { Revision = note.Revision + 1 };
            await WriteAsync(channel, queue, note, cancellation).ConfigureAwait(false);
            await channel.BasicAckAsync(got.DeliveryTag, multiple: false, cancellation).ConfigureAwait(false);
            return note;
        }
    }

    private static async Task WriteAsync(IChannel channel, string queue, ChannelNote note, CancellationToken cancellation) => await channel.BasicPublishAsync(
        exchange: "",
        routingKey: queue,
        mandatory: true,
        new BasicProperties { ContentType = ContentTypes.Of(2), DeliveryMode = DeliveryModes.Persistent },
        JsonSerializer.SerializeToUtf8Bytes(note),
        cancellation).ConfigureAwait(false);

    private static ChannelNote Parse(BasicGetResult got, string name)
    {
        try
        {
            ChannelNote? note = JsonSerializer.Deserialize<ChannelNote>(got.Body.Span);
            return note is { Version: CurrentVersion }
                ? note
                : throw new IpcException(IpcErrorKind.VersionMismatch, Messages.ServerNoteOfAnotherVersion.With(name, note?.Version), name);
        }
        catch (JsonException e)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.ServerNoteUnreadable.With(name, e.Message), name, e);
        }
    }
}
