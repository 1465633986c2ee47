"""The fixed words of the pages, one row per phrase, one column per language."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "fr", "ru", "zh", "es", "ar")
NAMES = ("English", "Français", "Русский", "中文", "Español", "العربية")
RIGHT_TO_LEFT = frozenset({"ar"})

_TABLE: Mapping[str, tuple[str, ...]] = {
    "calendars": ("Calendars", "Calendriers", "Календари", "日历", "Calendarios", "التقاويم"),
    "calendar": ("Calendar", "Calendrier", "Календарь", "日历", "Calendario", "التقويم"),
    "lead": (
        "Summits, official visits and delegations, at their local time. Subscribe once, and your"
        " calendar app keeps itself up to date.",
        "Sommets, visites officielles et délégations, à l’heure du lieu. Abonnez-vous une fois :"
        " votre agenda se met à jour tout seul.",
        "Саммиты, официальные визиты и делегации по местному времени. Подпишитесь один раз, и"
        " приложение будет обновлять календарь само.",
        "峰会、正式访问与代表团，按当地时间显示。订阅一次，日历应用即自动更新。",
        "Cumbres, visitas oficiales y delegaciones, a la hora del lugar. Suscríbase una vez y su"
        " aplicación de calendario se mantendrá al día.",
        "القمم والزيارات الرسمية والوفود بتوقيت مكان انعقادها. اشترك مرة واحدة ليبقى تقويمك"
        " محدّثًا تلقائيًا.",
    ),
    "no-calendar": (
        "There is no public calendar yet.",
        "Il n’y a pas encore de calendrier public.",
        "Публичных календарей пока нет.",
        "目前没有公开日历。",
        "Todavía no hay ningún calendario público.",
        "لا يوجد تقويم عام بعد.",
    ),
    "nothing": (
        "Nothing is known for these days.",
        "Rien n’est connu pour ces jours.",
        "На эти дни ничего не известно.",
        "这些日期没有已知活动。",
        "No hay nada conocido para estos días.",
        "لا يُعرف شيء عن هذه الأيام.",
    ),
    "agenda": ("Agenda", "Programme", "Повестка", "日程", "Agenda", "جدول الأعمال"),
    "month": ("Month", "Mois", "Месяц", "月视图", "Mes", "الشهر"),
    "timeline": ("Timeline", "Frise", "Шкала времени", "时间线", "Cronología", "الخط الزمني"),
    "views": ("Views", "Vues", "Виды", "视图", "Vistas", "طرق العرض"),
    "languages": ("Languages", "Langues", "Языки", "语言", "Idiomas", "اللغات"),
    "time-zone": (
        "Time zone",
        "Fuseau horaire",
        "Часовой пояс",
        "时区",
        "Zona horaria",
        "المنطقة الزمنية",
    ),
    "place-time": (
        "that of each place",
        "celui de chaque lieu",
        "места события",
        "活动所在地",
        "la de cada lugar",
        "منطقة مكان كل حدث",
    ),
    "zone": (
        "Time zone (empty: of each place)",
        "Fuseau horaire (vide : de chaque lieu)",
        "Часовой пояс (пусто: места события)",
        "时区（留空：活动所在地）",
        "Zona horaria (vacío: la de cada lugar)",
        "المنطقة الزمنية (فارغ: مكان الحدث)",
    ),
    "show": ("Show", "Afficher", "Показать", "显示", "Mostrar", "عرض"),
    "subscribe": ("Subscribe", "S’abonner", "Подписаться", "订阅", "Suscribirse", "اشترك"),
    "apps": (
        "Apple, Thunderbird, Evolution",
        "Apple, Thunderbird, Evolution",
        "Apple, Thunderbird, Evolution",
        "Apple、Thunderbird、Evolution",
        "Apple, Thunderbird, Evolution",
        "Apple، Thunderbird، Evolution",
    ),
    "address": ("Address", "Adresse", "Адрес", "地址", "Dirección", "العنوان"),
    "copy": ("Copy", "Copier", "Копировать", "复制", "Copiar", "نسخ"),
    "copied": ("Copied", "Copié", "Скопировано", "已复制", "Copiado", "نُسخ"),
    "details": ("Details", "Détails", "Подробнее", "详情", "Detalles", "التفاصيل"),
    "undated": (
        "Day not known",
        "Jour inconnu",
        "День неизвестен",
        "日期未定",
        "Día desconocido",
        "اليوم غير معروف",
    ),
    "programme": (
        "Programme as a timeline",
        "Programme en frise",
        "Программа на шкале времени",
        "时间线日程",
        "Programa en cronología",
        "البرنامج على خط زمني",
    ),
    "whole": (
        "The whole calendar",
        "Tout le calendrier",
        "Весь календарь",
        "整个日历",
        "Todo el calendario",
        "التقويم كاملًا",
    ),
    "more": ("{0} more", "{0} de plus", "ещё {0}", "另有 {0} 项", "{0} más", "{0} أخرى"),
    "left-out": (
        "The picture shows the first {0}; {1} more are in the agenda.",
        "L’image montre les {0} premiers ; {1} autres sont dans le programme.",
        "На рисунке первые {0}; ещё {1} — в повестке.",
        "图中显示前 {0} 项；其余 {1} 项见日程。",
        "La imagen muestra los primeros {0}; {1} más están en la agenda.",
        "تُظهر الصورة أول {0}؛ و{1} أخرى في جدول الأعمال.",
    ),
    "table": (
        "The same as a table",
        "La même chose en tableau",
        "То же таблицей",
        "以表格显示",
        "Lo mismo en una tabla",
        "الشيء نفسه في جدول",
    ),
    "when": ("When", "Quand", "Когда", "时间", "Cuándo", "متى"),
    "what": ("What", "Quoi", "Что", "内容", "Qué", "ماذا"),
    "where": ("Where", "Où", "Где", "地点", "Dónde", "أين"),
    "kind": ("Kind", "Type", "Вид", "类别", "Tipo", "النوع"),
    "today": ("today", "aujourd’hui", "сегодня", "今天", "hoy", "اليوم"),
    "all-day": ("all day", "journée", "весь день", "全天", "todo el día", "طوال اليوم"),
    "skip": (
        "Skip to the content",
        "Aller au contenu",
        "К содержанию",
        "跳到内容",
        "Ir al contenido",
        "انتقل إلى المحتوى",
    ),
    "tz-data": (
        "time zone data {0}",
        "données de fuseaux {0}",
        "данные о часовых поясах {0}",
        "时区数据 {0}",
        "datos de zonas horarias {0}",
        "بيانات المناطق الزمنية {0}",
    ),
    "summit": ("Summit", "Sommet", "Саммит", "峰会", "Cumbre", "قمة"),
    "visit": ("Visit", "Visite", "Визит", "访问", "Visita", "زيارة"),
    "meeting": ("Meeting", "Réunion", "Встреча", "会议", "Reunión", "اجتماع"),
    "notice": ("Notice", "Avis", "Уведомление", "通告", "Aviso", "إشعار"),
}


def words(language: str) -> Mapping[str, str]:
    """All phrases in one of LANGUAGES. Raises ValueError for another."""
    column = LANGUAGES.index(language)
    return {key: row[column] for key, row in _TABLE.items()}
