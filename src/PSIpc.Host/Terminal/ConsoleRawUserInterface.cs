using System.Management.Automation.Host;

namespace PSIpc.Host.Terminal;

/// <summary>
/// The terminal's cells, cursor and keys. Where there is no terminal its size is 120 by 50 and what sets it does nothing, so that no
/// script fails for want of one.
/// </summary>
internal sealed class ConsoleRawUserInterface : PSHostRawUserInterface
{
    private const int DefaultWidth = 120;
    private const int DefaultHeight = 50;

    private static bool HasScreen => !Console.IsOutputRedirected;

    private static bool HasKeyboard => !Console.IsInputRedirected;

    public override ConsoleColor ForegroundColor
    {
        get => Console.ForegroundColor;
        set => Console.ForegroundColor = value;
    }

    public override ConsoleColor BackgroundColor
    {
        get => Console.BackgroundColor;
        set => Console.BackgroundColor = value;
    }

    public override Coordinates CursorPosition
    {
        get
        {
            if (!HasScreen || !HasKeyboard)
            {
                return default;
            }

            (int left, int top) = Console.GetCursorPosition();
            return new Coordinates(left, top);
        }

        set
        {
            if (HasScreen)
            {
                Console.SetCursorPosition(value.X, value.Y);
            }
        }
    }

    public override Coordinates WindowPosition
    {
        get => default;
        set { }
    }

    public override int CursorSize { get; set; } = 25;

    public override Size BufferSize
    {
        get => WindowSize;
        set { }
    }

    public override Size WindowSize
    {
        get => OutputCapture.CurrentWidth is int captured
            ? new Size(captured, DefaultHeight)
            : HasScreen && Console.WindowWidth > 0
            ? new Size(Console.WindowWidth, Math.Max(1, Console.WindowHeight))
            : new Size(DefaultWidth, DefaultHeight);
        set { }
    }

    public override Size MaxWindowSize => WindowSize;

    public override Size MaxPhysicalWindowSize => WindowSize;

    public override bool KeyAvailable => HasKeyboard && Console.KeyAvailable;

    public override string WindowTitle
    {
        get => field;
        set
        {
            field = value;
            if (HasScreen)
            {
                Console.Title = value;
            }
        }
    } = "psipc";

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        if (!HasKeyboard)
        {
            throw new HostException("A key cannot be read: standard input is not a terminal.");
        }

        ConsoleKeyInfo key = Console.ReadKey(options.HasFlag(ReadKeyOptions.NoEcho));
        ControlKeyStates states = (key.Modifiers.HasFlag(ConsoleModifiers.Shift) ? ControlKeyStates.ShiftPressed : 0)
            | (key.Modifiers.HasFlag(ConsoleModifiers.Control) ? ControlKeyStates.LeftCtrlPressed : 0)
            | (key.Modifiers.HasFlag(ConsoleModifiers.Alt) ? ControlKeyStates.LeftAltPressed : 0);
        return new KeyInfo((int)key.Key, key.KeyChar, states, keyDown: true);
    }

    public override void FlushInputBuffer()
    {
        while (KeyAvailable)
        {
            Console.ReadKey(intercept: true);
        }
    }

    /// <summary>Clears the screen when asked to fill it all, which is what this call is used for; a terminal has no other way.</summary>
    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
        if (HasScreen && rectangle is { Left: -1, Top: -1, Right: -1, Bottom: -1 })
        {
            Console.Clear();
        }
    }

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents)
    {
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => NewBufferCellArray(
        Math.Max(1, rectangle.Right - rectangle.Left + 1),
        Math.Max(1, rectangle.Bottom - rectangle.Top + 1),
        new BufferCell(' ', ConsoleColor.Gray, ConsoleColor.Black, BufferCellType.Complete));

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill)
    {
    }

    public override int LengthInBufferCells(string source) => CellWidth.Of(source);

    public override int LengthInBufferCells(string source, int offset) => CellWidth.Of(source.AsSpan(offset));

    public override int LengthInBufferCells(char source) => CellWidth.Of([source]);
}
