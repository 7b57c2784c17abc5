"""The words that the network is made up of, each in English and Russian."""

COUNTRIES = {                               # the numbers and letters are those of ISO 3166-1
    4: ("AF", "Afghanistan", "Афганистан"), 8: ("AL", "Albania", "Албания"), 12: ("DZ", "Algeria", "Алжир"),
    32: ("AR", "Argentina", "Аргентина"), 36: ("AU", "Australia", "Австралия"), 40: ("AT", "Austria", "Австрия"),
    31: ("AZ", "Azerbaijan", "Азербайджан"), 51: ("AM", "Armenia", "Армения"), 56: ("BE", "Belgium", "Бельгия"),
    76: ("BR", "Brazil", "Бразилия"), 100: ("BG", "Bulgaria", "Болгария"), 112: ("BY", "Belarus", "Беларусь"),
    124: ("CA", "Canada", "Канада"), 152: ("CL", "Chile", "Чили"), 156: ("CN", "China", "Китай"),
    170: ("CO", "Colombia", "Колумбия"), 191: ("HR", "Croatia", "Хорватия"), 203: ("CZ", "Czechia", "Чехия"),
    208: ("DK", "Denmark", "Дания"), 233: ("EE", "Estonia", "Эстония"), 246: ("FI", "Finland", "Финляндия"),
    250: ("FR", "France", "Франция"), 268: ("GE", "Georgia", "Грузия"), 276: ("DE", "Germany", "Германия"),
    300: ("GR", "Greece", "Греция"), 348: ("HU", "Hungary", "Венгрия"), 352: ("IS", "Iceland", "Исландия"),
    356: ("IN", "India", "Индия"), 360: ("ID", "Indonesia", "Индонезия"), 372: ("IE", "Ireland", "Ирландия"),
    376: ("IL", "Israel", "Израиль"), 380: ("IT", "Italy", "Италия"), 392: ("JP", "Japan", "Япония"),
    398: ("KZ", "Kazakhstan", "Казахстан"), 410: ("KR", "South Korea", "Южная Корея"), 417: ("KG", "Kyrgyzstan", "Киргизия"),
    428: ("LV", "Latvia", "Латвия"), 440: ("LT", "Lithuania", "Литва"), 484: ("MX", "Mexico", "Мексика"),
    498: ("MD", "Moldova", "Молдова"), 504: ("MA", "Morocco", "Марокко"), 528: ("NL", "Netherlands", "Нидерланды"),
    554: ("NZ", "New Zealand", "Новая Зеландия"), 578: ("NO", "Norway", "Норвегия"), 604: ("PE", "Peru", "Перу"),
    616: ("PL", "Poland", "Польша"), 620: ("PT", "Portugal", "Португалия"), 642: ("RO", "Romania", "Румыния"),
    643: ("RU", "Russia", "Россия"), 688: ("RS", "Serbia", "Сербия"), 703: ("SK", "Slovakia", "Словакия"),
    705: ("SI", "Slovenia", "Словения"), 724: ("ES", "Spain", "Испания"), 752: ("SE", "Sweden", "Швеция"),
    756: ("CH", "Switzerland", "Швейцария"), 762: ("TJ", "Tajikistan", "Таджикистан"), 764: ("TH", "Thailand", "Таиланд"),
    792: ("TR", "Turkey", "Турция"), 804: ("UA", "Ukraine", "Украина"), 826: ("GB", "United Kingdom", "Великобритания"),
    840: ("US", "United States", "США"), 860: ("UZ", "Uzbekistan", "Узбекистан"), 704: ("VN", "Vietnam", "Вьетнам"),
}
PLATFORMS = {
    1: ("Web", "Веб"), 2: ("Mobile web", "Мобильный веб"), 3: ("Android", "Android"), 4: ("iOS", "iOS"),
    5: ("Windows", "Windows"), 6: ("macOS", "macOS"), 7: ("Smart TV", "Умный телевизор"),
}
CATEGORIES = {                              # what stands above it, then its names; those of nothing have no offers of their own
    1: (None, "Finance", "Финансы"), 2: (None, "Shops", "Магазины"), 3: (None, "Services", "Услуги"), 4: (None, "Leisure", "Досуг"),
    11: (1, "Banks", "Банки"), 12: (1, "Insurance", "Страхование"),
    21: (2, "Shoes", "Обувь"), 22: (2, "Books", "Книги"), 23: (2, "Furniture", "Мебель"), 24: (2, "Electronics", "Электроника"),
    25: (2, "Cosmetics", "Косметика"), 26: (2, "Pets", "Зоотовары"), 27: (2, "Flowers", "Цветы"),
    31: (3, "Taxi", "Такси"), 32: (3, "Telephony", "Связь"), 33: (3, "Courses", "Курсы"), 34: (3, "Delivery", "Доставка"),
    41: (4, "Games", "Игры"), 42: (4, "Travel", "Путешествия"),
}
TRAFFIC_TYPES = {
    1: ("Search advertising", "Реклама в поиске"), 2: ("Social networks", "Социальные сети"), 3: ("Teasers", "Тизеры"),
    4: ("Letters", "Рассылки"), 5: ("Cashback", "Кэшбэк"), 6: ("Coupons", "Купоны"), 7: ("Retargeting", "Ретаргетинг"),
    8: ("Video", "Видео"), 9: ("Push messages", "Push-уведомления"), 10: ("Articles", "Статьи"),
}
BANNER_SIZES = ((120, 600), (160, 600), (240, 400), (250, 250), (300, 250), (300, 600), (320, 50), (320, 100), (336, 280),
                (468, 60), (728, 90), (970, 90), (970, 250))
BRANDS = (
    ("Amber", "Янтарь"), ("Anchor", "Якорь"), ("Beacon", "Маяк"), ("Birch", "Берёза"), ("Cedar", "Кедр"), ("Comet", "Комета"),
    ("Compass", "Компас"), ("Crane", "Журавль"), ("Harbor", "Гавань"), ("Juniper", "Можжевельник"), ("Lantern", "Фонарь"),
    ("Meadow", "Луг"), ("Meridian", "Меридиан"), ("Nutshell", "Скорлупка"), ("Pebble", "Галька"), ("Rowan", "Рябина"),
    ("Sail", "Парус"), ("Swift", "Стриж"), ("Thistle", "Чертополох"), ("Windmill", "Мельница"),
)
BUSINESSES = {                              # the category of each
    11: ("Bank", "банк"), 12: ("Insurance", "страхование"), 21: ("Shoes", "обувь"), 22: ("Books", "книги"),
    23: ("Furniture", "мебель"), 24: ("Electronics", "электроника"), 25: ("Cosmetics", "косметика"), 26: ("Pets", "зоотовары"),
    27: ("Flowers", "цветы"), 31: ("Taxi", "такси"), 32: ("Mobile", "связь"), 33: ("Courses", "курсы"),
    34: ("Delivery", "доставка"), 41: ("Games", "игры"), 42: ("Travel", "путешествия"),
}
