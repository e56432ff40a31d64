"""Runs a command in a pseudo terminal for some seconds and draws its last screen as PNG: terminal.py SECONDS OUTPUT COMMAND..."""
import fcntl, os, pty, select, signal, struct, sys, termios, time
import pyte
from PIL import Image, ImageDraw, ImageFont

COLUMNS, LINES = 112, 23
SIZE, MARGIN = 20, 24
FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono{}.ttf"
BACKGROUND, FOREGROUND = "1e1e2e", "cdd6f4"
NAMED = dict(black="45475a", red="f38ba8", green="a6e3a1", brown="f9e2af", blue="89b4fa", magenta="f5c2e7", cyan="94e2d5", white="bac2de",
             brightblack="585b70", brightred="f38ba8", brightgreen="a6e3a1", brightbrown="f9e2af", brightyellow="f9e2af", brightblue="89b4fa",
             brightmagenta="f5c2e7", brightcyan="94e2d5", brightwhite="ffffff")


def screen_of(command, seconds):
    """What a terminal shows when the command has run for that long."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            data = os.read(terminal, 65536)
            stream.feed(data)
            if b"\x1b[6n" in data:  # where is the cursor?
                os.write(terminal, f"\x1b[{screen.cursor.y + 1};{screen.cursor.x + 1}R".encode())
    os.write(terminal, b"q")
    time.sleep(0.5)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return screen


def draw(screen, path):
    regular, bold = (ImageFont.truetype(FONTS.format(style), SIZE) for style in ("", "-Bold"))
    width, height = round(regular.getlength("M" * 100) / 100), round(SIZE * 1.3)
    used = max((y for y in range(LINES) if screen.display[y].strip()), default=0) + 1
    image = Image.new("RGB", (2 * MARGIN + COLUMNS * width, 2 * MARGIN + used * height), "#" + BACKGROUND)
    pen = ImageDraw.Draw(image)
    for y in range(used):
        for x in range(COLUMNS):
            cell = screen.buffer[y][x]
            fore, back = (NAMED.get(color, color) for color in (cell.fg, cell.bg))
            fore, back = (FOREGROUND if fore == "default" else fore), (BACKGROUND if back == "default" else back)
            if cell.reverse:
                fore, back = back, fore
            place = (MARGIN + x * width, MARGIN + y * height)
            if back != BACKGROUND:
                pen.rectangle((place, (place[0] + width - 1, place[1] + height - 1)), fill="#" + back)
            if cell.data.strip():
                pen.text(place, cell.data, font=bold if cell.bold else regular, fill="#" + fore)
    image.save(path, optimize=True)


draw(screen_of(sys.argv[3:], float(sys.argv[1])), sys.argv[2])
